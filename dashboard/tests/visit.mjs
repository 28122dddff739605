// What most files of tests begin with: a node, a browser, an administrator who has logged in, and how to name what is on a page.
import { after } from 'node:test';
import { startBroker } from './broker.mjs';
import { Fleet } from './fleet.mjs';
import { openBrowser, Visitor } from './visitor.mjs';

// `extra`: more keys of the configuration file. All of it ends with the file of tests.
export async function visit(extra = '') {
  const [broker, browser] = await Promise.all([startBroker(extra), openBrowser()]);
  const fleet = new Fleet();
  after(async () => {
    await fleet.stop();
    await browser.close();
    await broker.stop();
  });
  await broker.changePassword();
  const visitor = await Visitor.come(browser, broker);
  const { page } = visitor;
  await visitor.logIn();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  const dialog = () => page.getByRole('dialog');
  return {
    broker,
    browser,
    fleet,
    visitor,
    page,
    dialog,
    row: text => page.getByRole('row').filter({ hasText: text }),
    button: name => page.getByRole('button', { name, exact: true }),
    save: () => dialog().getByRole('button', { name: 'Save' }).click(),
  };
}
