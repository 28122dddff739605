// A node that lets everybody in says so.
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

test('the overview warns while nobody asks who clients are, and names the listeners', async () => {
  const visitor = await Visitor.come(browser, broker);
  const { page } = visitor;
  const overview = async () => {
    await page.reload();
    await page.getByRole('link', { name: '@' }).waitFor();
  };
  const note = page.getByRole('note').getByText('Anyone can connect.');
  await visitor.logIn();
  await note.waitFor();
  await page.getByText('tcp:default, ws:default').waitFor();
  await visitor.check('overview with a warning');
  await broker.configure('authentication = [{ mechanism = password_based, backend = built_in_database }]');
  await overview();
  await note.waitFor({ state: 'detached' });
  await broker.configure('listeners.ws.default.enable_authn = false');
  await overview();
  await page.getByText('No client is asked for a password on ws:default.').waitFor();
  await visitor.leave();
});
