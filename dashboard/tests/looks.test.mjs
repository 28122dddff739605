// How the first pages look and read: light, dark, on a phone, in Chinese, without a mouse.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBroker } from './broker.mjs';
import { openBrowser, Visitor } from './visitor.mjs';

let broker;
let browser;

before(async () => {
  [broker, browser] = await Promise.all([startBroker(), openBrowser()]);
  await broker.changePassword();
});

after(async () => {
  await browser?.close();
  await broker?.stop();
});

for (const scheme of ['light', 'dark']) {
  for (const size of ['desktop', 'phone']) {
    test(`login and overview, ${scheme}, ${size}`, async () => {
      const visitor = await Visitor.come(browser, broker, { scheme, size });
      await visitor.page.goto(broker.url);
      await visitor.page.getByRole('heading', { name: 'Log in to Dunlin' }).waitFor();
      await visitor.check('login');
      await visitor.picture(`login-${scheme}-${size}`);
      await visitor.logIn();
      await visitor.page.getByRole('heading', { name: 'Overview' }).waitFor();
      await visitor.page.locator('.chart canvas').nth(3).waitFor();
      await visitor.page.getByRole('link', { name: '@' }).waitFor();
      await visitor.check('overview');
      await visitor.leave();
    });
  }
}

test('Chinese by the language of the browser, and by choice', async () => {
  const visitor = await Visitor.come(browser, broker, { locale: 'zh-CN' });
  const { page } = visitor;
  await visitor.logIn();
  await page.getByRole('heading', { name: '概览' }).waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
  await page.getByRole('link', { name: '@' }).waitFor();
  await visitor.check('overview in Chinese');
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await visitor.leave();
});

test('colours can be chosen, and are kept', async () => {
  const visitor = await Visitor.come(browser, broker);
  const { page } = visitor;
  await page.goto(broker.url);
  const theme = () => page.locator('html').getAttribute('data-theme');
  assert.equal(await theme(), 'light');
  await page.getByRole('button', { name: 'Colours: as the system' }).click();
  await page.getByRole('button', { name: 'Colours: light' }).click();
  assert.equal(await theme(), 'dark');
  await page.reload();
  assert.equal(await theme(), 'dark');
  await visitor.leave();
});

test('everything is reached with the keyboard', async () => {
  const visitor = await Visitor.come(browser, broker);
  const { page } = visitor;
  await page.goto(broker.url);
  await page.locator('input[name=username]').waitFor();
  await page.keyboard.type('admin');
  await page.keyboard.press('Tab');
  await page.keyboard.type('changed-1');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  // From where a reader of the page begins.
  await page.reload();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.keyboard.press('Tab');
  const skip = page.getByRole('button', { name: 'To the content' });
  await page.waitForFunction(() => document.activeElement?.className === 'skip-link');
  await skip.press('Enter');
  await page.waitForFunction(() => document.activeElement?.id === 'main');
  await visitor.leave();
});

test('the menu of a phone opens and closes', async () => {
  const visitor = await Visitor.come(browser, broker, { size: 'phone' });
  const { page } = visitor;
  await visitor.logIn();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  const menu = page.getByRole('navigation', { name: 'Menu' });
  assert.equal(await menu.isVisible(), false);
  await page.getByRole('button', { name: 'Menu' }).click();
  await menu.getByRole('link', { name: 'Overview' }).waitFor({ state: 'visible' });
  await visitor.check('menu');
  await visitor.picture('menu-phone');
  await page.locator('.veil').click({ position: { x: 340, y: 400 } });
  await menu.waitFor({ state: 'hidden' });
  await visitor.leave();
});
