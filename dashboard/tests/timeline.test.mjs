// What happened to clients can be found out afterwards: of those that are here, of those that left, and of those that never came in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { visit } from './visit.mjs';

const { broker, fleet, visitor, page } = await visit('mqtt.mqueue_store_qos0 = false');

const event = title => page.getByRole('listitem').filter({ hasText: title });

test('a client that is here has a timeline, with the rule that decided', async () => {
  await broker.configure(
    'authorization.sources = [{ type = file, rules = "{deny, all, publish, [\\"plant/valve/#\\"]}. {allow, all}." }]',
  );
  const pump = await fleet.connect(broker, {
    clientId: 'pump-7',
    clean: false,
    properties: { sessionExpiryInterval: 3600 },
  });
  await pump.subscribeAsync('plant/pump/#', { qos: 1 });
  await assert.rejects(pump.publishAsync('plant/valve/open', '1', { qos: 1 }), /Not authorized/);
  await pump.endAsync();
  const other = await fleet.connect(broker, { clientId: 'panel' });
  for (const number of [1, 2, 3]) {
    await other.publishAsync('plant/pump/speed', String(number));
  }
  // The answer to the last one says that those before have been through.
  await other.publishAsync('plant/pump/speed', '4', { qos: 1 });
  const again = await fleet.connect(broker, {
    clientId: 'pump-7',
    clean: false,
    properties: { sessionExpiryInterval: 3600 },
  });
  await visitor.open('clients/pump-7', 'pump-7');
  await page.getByRole('button', { name: 'Timeline' }).click();
  await event('Session resumed').waitFor();
  await event('Publish denied').getByText('Decided by file, rule 1').waitFor();
  await event('Message dropped').getByText('QoS 0 is not kept').waitFor();
  await event('The client disconnected').waitFor();
  const titles = await page.locator('.event strong').allTextContents();
  assert.equal(titles[0], 'Connected');
  assert.equal(titles.at(-1), 'Connected');
  await visitor.check('timeline');
  await visitor.picture('client-timeline');
  // It stays where it is when the page is loaded anew.
  await page.reload();
  await event('Session resumed').waitFor();
  await event('Publish denied').getByRole('link', { name: 'Try it out' }).click();
  await page.getByRole('heading', { level: 1, name: 'Authorization' }).waitFor();
  await page.getByRole('button', { name: 'Try it out' }).click();
  await page.getByText('Decided by file', { exact: true }).waitFor();
  await page.getByText('plant/valve/#').waitFor();
  await again.endAsync();
});

test('a client that was refused is found by its id', async () => {
  await broker.configure('authentication = [{ mechanism = password_based, backend = built_in_database }]');
  await fleet.beRefused(broker, { clientId: 'intruder', username: 'root', password: 'guess' });
  await fleet.beRefused(broker, { clientId: 'intruder', username: 'root', password: 'guess' });
  await visitor.open('clients', 'Clients');
  await page.getByLabel('Client ID').fill('intruder');
  await page.getByText('No client is like that').waitFor();
  await page.getByText('Connection refused').waitFor();
  await visitor.check('a client that is not here is sought');
  await page.getByRole('link', { name: 'intruder' }).click();
  await page.getByRole('heading', { level: 1, name: 'intruder' }).waitFor();
  await page.getByText('Not connected, no session').waitFor();
  await event('Authentication failed').getByText('No authenticator knows it').waitFor();
  await event('Connection refused').getByText('2 times').waitFor();
  await visitor.check('a client that was refused');
  await visitor.picture('client-refused');
  await page.getByRole('link', { name: 'Trace', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  assert.equal(await dialog.getByLabel('Whose').inputValue(), 'intruder');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await visitor.open('clients/nobody', 'nobody');
  await page.getByText('Nothing is known of this client').waitFor();
});

test('nothing went wrong on the way', async () => {
  await visitor.leave();
});
