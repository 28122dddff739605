// What a node does with messages by itself is set in the browser, and clients notice.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { visit } from './visit.mjs';

const { broker, fleet, visitor, page, row, button, dialog, save } = await visit();

test('how retained messages are kept', async () => {
  await visitor.open('retained', 'Retained');
  await button('Settings').click();
  await dialog().getByLabel('Payload at most').waitFor();
  await visitor.picture('retainer-settings');
  await dialog().getByLabel('Payload at most').fill('lots');
  await save();
  await dialog().getByRole('alert').waitFor();
  await dialog().getByLabel('Payload at most').fill('10B');
  await visitor.check('settings of the retainer');
  await save();
  await dialog().waitFor({ state: 'hidden' });
  const client = await fleet.connect(broker, { clientId: 'writer' });
  await client.publishAsync('t/large', 'x'.repeat(20), { retain: true, qos: 1 });
  await client.publishAsync('t/small', 'x', { retain: true, qos: 1 });
  await page.reload();
  await row('t/small').waitFor();
  assert.equal(await row('t/large').count(), 0);
  await button('Settings').click();
  await dialog().getByLabel('Keep retained messages').uncheck();
  await save();
  await page.getByText('Retained messages are switched off').waitFor();
});

test('how delayed messages are kept', async () => {
  await visitor.open('delayed', 'Delayed');
  await button('Settings').click();
  await dialog().getByLabel('Messages at most').fill('1');
  await visitor.check('settings of delayed messages');
  await save();
  await dialog().waitFor({ state: 'hidden' });
  assert.equal((await broker.ask('GET', '/mqtt/delayed')).max_delayed_messages, 1);
  await button('Settings').click();
  await dialog().getByLabel('Keep delayed messages').uncheck();
  await save();
  await page.getByText('Delayed publish is switched off').waitFor();
});

test('topics become others by rules, of which the first in the list decides', async () => {
  await visitor.open('topic_rewrite', 'Topic rewrite');
  await page.getByText('No topic is rewritten').waitFor();
  for (const [source, re, dest] of [
    ['old/#', '^old/(.+)$', 'new/$1'],
    ['old/special', '^old/(.+)$', 'other/$1'],
  ]) {
    await button('Add a rule').click();
    await dialog().getByLabel('Topics').fill(source);
    await dialog().getByLabel('Expression').fill('(');
    await dialog().getByLabel('Becomes').fill(dest);
    await save();
    await dialog().getByRole('alert').waitFor();
    await dialog().getByLabel('Expression').fill(re);
    await save();
    await row(dest).waitFor();
  }
  await visitor.check('topic rewrite');
  await visitor.picture('topic-rewrite');
  const client = await fleet.connect(broker, { clientId: 'rewritten' });
  await client.subscribeAsync(['new/#', 'other/#'], { qos: 1 });
  await client.publishAsync('old/special', '1');
  assert.equal((await once(client, 'message'))[0], 'other/special');
  await button('Move old/# up').click();
  await page.getByRole('row').nth(1).getByText('old/#').waitFor();
  await client.publishAsync('old/special', '2');
  assert.equal((await once(client, 'message'))[0], 'new/special');
  await row('other/$1').getByRole('button', { name: 'Remove' }).click();
  await row('other/$1').waitFor({ state: 'hidden' });
});

test('clients are subscribed as they come', async () => {
  await visitor.open('auto_subscribe', 'Auto-subscribe');
  await page.getByText('No client is subscribed by itself').waitFor();
  await button('Add a subscription').click();
  await dialog().getByLabel('Topic filter').fill('inbox/${clientid}');
  await dialog().getByLabel('QoS').selectOption('1');
  await dialog().getByLabel('no local').check();
  await save();
  await row('inbox/${clientid}').getByText('no local').waitFor();
  await visitor.check('auto-subscribe');
  await visitor.picture('auto-subscribe');
  const client = await fleet.connect(broker, { clientId: 'guest' });
  const publisher = await fleet.connect(broker, { clientId: 'sender' });
  const arrival = once(client, 'message');
  await publisher.publishAsync('inbox/guest', 'hello', { qos: 1 });
  assert.equal(String((await arrival)[1]), 'hello');
  await row('inbox/${clientid}').getByRole('button', { name: 'Edit' }).click();
  await dialog().getByLabel('Topic filter').fill('in/${clientid}');
  await save();
  await row('in/${clientid}').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No client is subscribed by itself').waitFor();
});

test('nothing went wrong on the way', async () => {
  await visitor.leave();
});
