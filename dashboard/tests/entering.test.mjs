// The way in, what the browser may do there, and how much has to be loaded.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { PASSWORD, startBroker } from './broker.mjs';
import { openBrowser, Visitor } from './visitor.mjs';

const FIRST_LOAD_BYTES_MAX = 400 * 1024;

let broker;
let browser;

before(async () => {
  [broker, browser] = await Promise.all([startBroker(), openBrowser()]);
});

after(async () => {
  await browser?.close();
  await broker?.stop();
});

test('the default password has to be changed first', async () => {
  const visitor = await Visitor.come(browser, broker, { keepsPolicy: true });
  const { page } = visitor;
  await visitor.logIn('wrong-1');
  await page.getByRole('alert').getByText('User name or password is wrong.').waitFor();
  await visitor.logIn('public');
  await page.getByRole('heading', { name: 'Change the password' }).waitFor();
  // A reload leads nowhere else.
  await page.reload();
  await page.getByRole('heading', { name: 'Change the password' }).waitFor();
  assert.equal(await page.getByRole('navigation').count(), 0);
  await page.getByLabel('Password until now').fill('public');
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('New password again').fill('another-2');
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByRole('alert').getByText('differ').waitFor();
  await page.getByLabel('New password again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.getByRole('status').getByText('The password is changed.').waitFor();
  await visitor.leave();
});

test('logging out ends the session, and a token that ended says so', async () => {
  const visitor = await Visitor.come(browser, broker, { keepsPolicy: true });
  const { page } = visitor;
  await visitor.logIn();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('heading', { name: 'Log in to Dunlin' }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await visitor.logIn();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.evaluate(() => {
    const session = JSON.parse(sessionStorage.getItem('dunlin.session'));
    sessionStorage.setItem('dunlin.session', JSON.stringify({ ...session, token: 'made-up' }));
  });
  await page.reload();
  await page.getByText('Your session has ended.').waitFor();
  await visitor.leave();
});

test('a second factor is set up with the first login after it was asked for', async () => {
  await broker.logIn(PASSWORD);
  await broker.ask('POST', '/users', { username: 'ann', password: 'long-enough-1', role: 'viewer' });
  await broker.ask('POST', '/users/ann/mfa', { mechanism: 'totp' });
  const visitor = await Visitor.come(browser, broker, { keepsPolicy: true });
  const { page } = visitor;
  await visitor.logIn('long-enough-1', 'ann');
  const code = page.getByLabel('Number of your authenticator app');
  await code.waitFor();
  const hint = await page.getByText('Add this secret to your app first').textContent();
  await code.fill('000000');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').getByText('That number is not right').waitFor();
  await code.fill(numberNow(hint.split(': ')[1].trim()));
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await visitor.leave();
});

// RFC 6238, as the apps have it.
function numberNow(secret) {
  const bits = [...secret.replace(/=+$/, '')].map(letter =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const bytes = bits.join('').match(/.{8}/g);
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const key = Buffer.from(bytes.map(byte => Number.parseInt(byte, 2)));
  const digest = createHmac('sha1', key).update(time).digest();
  const number = digest.readUInt32BE((digest.at(-1) ?? 0) & 15) & 0x7fff_ffff;
  return String(number % 1_000_000).padStart(6, '0');
}

test('a page that somebody puts a script into does not run it', async () => {
  const answer = await fetch(broker.url);
  const policy = answer.headers.get('content-security-policy');
  assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
  assert.doesNotMatch(policy, /unsafe/);
  const visitor = await Visitor.come(browser, broker, { keepsPolicy: true });
  await visitor.page.goto(broker.url);
  const ran = await visitor.page.evaluate(async () => {
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    const image = new Promise(resolve => {
      const picture = new Image();
      picture.onload = () => resolve(true);
      picture.onerror = () => resolve(false);
      picture.src = 'http://127.0.0.1:9/outside.png';
    });
    return window.ran === true || (await image);
  });
  assert.equal(ran, false);
  // The browser complains, as it should.
  assert.ok(visitor.problems.length >= 2);
  visitor.problems = [];
  visitor.hosts.clear();
  await visitor.leave();
});

test('the first load is small', async context => {
  const visitor = await Visitor.come(browser, broker, { keepsPolicy: true });
  const { page } = visitor;
  const sizes = [];
  page.on('requestfinished', request => sizes.push(request.sizes()));
  await visitor.logIn();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.locator('.chart canvas').first().waitFor();
  const all = await Promise.all(sizes);
  const bytes = all.reduce((sum, size) => sum + size.responseBodySize + size.responseHeadersSize, 0);
  context.diagnostic(`first load: ${Math.round(bytes / 1024)} KB`);
  assert.ok(bytes > 50 * 1024 && bytes < FIRST_LOAD_BYTES_MAX, `${bytes} bytes`);
  const start = Date.now();
  await page.reload();
  await page.locator('.tile-value').first().getByText(/\d/).waitFor();
  context.diagnostic(`the overview shows numbers ${Date.now() - start} ms after a reload`);
  await visitor.leave();
});
