// Whoever has no mouse comes to everything, sees where it is, and comes out of it again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { visit } from './visit.mjs';

const { broker, fleet, visitor, page, dialog, button } = await visit();
await fleet.settle(broker);

// Runs in the page: what can be worked with, but for what the arrow keys lead to. What was come to before is marked.
function workable() {
  const kinds = 'a[href],button,input:not([type=hidden]),select,textarea,summary,[role=treeitem],[tabindex]';
  const isThere = element => element.checkVisibility({ visibilityProperty: true }) && !element.closest('[inert]');
  const byArrows = element =>
    element.getAttribute('tabindex') === '-1' || (element.type === 'radio' && !element.checked);
  return [...document.querySelectorAll(kinds)].filter(
    element => isThere(element) && !element.disabled && !byArrows(element),
  );
}

// Tab after Tab until the page is through; what was not come to, and what does not look as if it had been.
async function walk() {
  await page.evaluate(`window.workable = ${workable}`);
  await page.evaluate(() => {
    document.activeElement?.blur();
    window.reached = new Set();
    window.unseen = [];
    window.scrollTo(0, 0);
  });
  const count = await page.evaluate(() => window.workable().length);
  for (let step = 0; step < count + 5; step += 1) {
    await page.keyboard.press('Tab');
    await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body || window.reached.has(element)) {
        return;
      }
      window.reached.add(element);
      // A switch draws its ring around what stands for it.
      const looks = [element, element.parentElement, element.nextElementSibling].filter(Boolean);
      const isSeen = looks.some(one => {
        const style = getComputedStyle(one);
        return (style.outlineStyle !== 'none' && style.outlineWidth !== '0px') || style.boxShadow !== 'none';
      });
      if (!isSeen) {
        window.unseen.push(element.outerHTML.slice(0, 120));
      }
    });
  }
  return page.evaluate(() => ({
    missed: window
      .workable()
      .filter(element => !window.reached.has(element))
      .map(element => element.outerHTML.slice(0, 120)),
    unseen: window.unseen,
    count: window.reached.size,
  }));
}

test('Tab comes to everything on every page, and shows where it is', async () => {
  const places = await page
    .locator('.menu a')
    .evaluateAll(links => links.map(link => link.getAttribute('href').slice(2)));
  assert.ok(places.length >= 20, `${places}`);
  for (const place of [...places, 'clients/boiler-1', 'authorization/built_in_database']) {
    await page.goto(`${broker.url}#/${place}`);
    await page.locator('.page-head').waitFor();
    await page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null);
    const { missed, unseen, count } = await walk();
    assert.deepEqual({ missed, unseen }, { missed: [], unseen: [] }, place);
    assert.ok(count > places.length, `${place}: ${count}`);
  }
});

test('a dialog keeps the focus, and gives it back', async () => {
  await visitor.open('listeners', 'Listeners');
  await button('Add a listener').focus();
  await page.keyboard.press('Enter');
  await dialog().getByLabel('Name').waitFor();
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press('Tab');
    const isInside = await page.evaluate(() => {
      const element = document.activeElement;
      return element === document.body || element?.closest('dialog') !== null;
    });
    assert.ok(isInside, `step ${step}`);
  }
  await page.keyboard.press('Escape');
  await dialog().waitFor({ state: 'hidden' });
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Add a listener');
});

test('a client is disconnected without a mouse', async () => {
  await visitor.open('clients/meter-3', 'meter-3');
  await button('Disconnect').focus();
  await page.keyboard.press('Space');
  await dialog().waitFor();
  await dialog().getByRole('button', { name: 'Disconnect' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Clients' }).waitFor();
});

test('charts go back an hour to a week', async () => {
  await visitor.open('', 'Overview');
  await page.locator('.chart canvas').nth(3).waitFor();
  const spans = page.getByRole('group', { name: 'Time shown' }).getByRole('button');
  assert.deepEqual(await spans.allTextContents(), ['1 h', '6 h', '1 d', '7 d']);
  const week = page.waitForResponse(answer => answer.url().includes('latest=604800'));
  await spans.last().focus();
  await page.keyboard.press('Enter');
  const samples = await (await week).json();
  assert.ok(samples.length > 0);
  assert.equal(await spans.last().getAttribute('aria-pressed'), 'true');
  await page.locator('.chart canvas').nth(3).waitFor();
});

test('nothing went wrong on the way', () => visitor.leave());
