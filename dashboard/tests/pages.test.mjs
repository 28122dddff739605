// A walk through all pages with a small fleet connected: each does what it is for, and is easy to use.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { PASSWORD } from './broker.mjs';
import { Plant, USER } from './plant.mjs';
import { visit } from './visit.mjs';
import { Visitor } from './visitor.mjs';

const { broker, browser, fleet, visitor, page, row, button, dialog, save } = await visit();
await fleet.settle(broker);
const plant = await Plant.start(broker);
after(() => plant.stop());

test('clients are found, looked at, subscribed and disconnected', async () => {
  await visitor.open('clients', 'Clients');
  await row('meter-1').waitFor();
  await row('sleeper').getByText('Disconnected').waitFor();
  await visitor.check('clients');
  await visitor.picture('clients');
  await page.getByLabel('Client ID').fill('meter-2');
  await row('meter-1').waitFor({ state: 'hidden' });
  await page.getByLabel('Client ID').fill('boiler');
  await page.getByRole('link', { name: 'boiler-1' }).click();
  await page.getByRole('heading', { level: 1, name: 'boiler-1' }).waitFor();
  await row('plant/news').getByText('no local').waitFor();
  await button('Subscribe').click();
  await dialog().getByLabel('Topic filter').fill('plant/all');
  await dialog().getByRole('button', { name: 'Subscribe' }).click();
  await row('plant/all').waitFor();
  await visitor.check('client');
  await visitor.picture('client');
  await row('plant/all').getByRole('button', { name: 'Unsubscribe' }).click();
  await row('plant/all').waitFor({ state: 'hidden' });
  await button('Disconnect').click();
  await dialog().getByRole('button', { name: 'Disconnect' }).click();
  await page.getByRole('heading', { level: 1, name: 'Clients' }).waitFor();
});

test('messages that wait for a client are there to read', async () => {
  await visitor.open('clients/slow', 'slow');
  await button('Queue').click();
  await row('orders/3').getByText('order 3').waitFor();
  await visitor.check('queue of a client');
  await visitor.picture('client-queue');
  await button('In flight').click();
  await row('orders/1').getByText('order 1').waitFor();
});

test('subscriptions are found', async () => {
  await visitor.open('subscriptions', 'Subscriptions');
  await row('orders/#').first().waitFor();
  await page.getByLabel('Within the filter').fill('orders/#');
  await row('plant/news').waitFor({ state: 'hidden' });
  await row('sleeper').getByText('orders/#').waitFor();
  await page.getByLabel('Client ID').fill('nobody');
  await page.getByText('No subscription is like that').waitFor();
  await visitor.check('subscriptions');
  await page.getByLabel('Client ID').fill('');
  await row('orders/#').first().waitFor();
  await visitor.picture('subscriptions');
});

test('topics live as a tree', async () => {
  await visitor.open('topics', 'Topics');
  await page.getByText('No WebSocket listener').waitFor();
  await page.getByLabel('Address').fill(broker.webSocket);
  await visitor.check('topics before');
  await button('Connect').click();
  const plant = page.getByRole('treeitem', { name: /^plant/ });
  await plant.waitFor();
  await plant.click();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowRight');
  const hall = page.getByRole('treeitem', { name: /^hall/ }).first();
  await hall.waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  for (const value of [19.5, 20.25, 21.0, 20.5, 22.75]) {
    await fleet.meters[0].publishAsync('plant/hall/temperature', String(value));
    await page.getByRole('treeitem', { name: new RegExp(`temperature ${value}`) }).waitFor();
  }
  const temperature = page.getByRole('treeitem', { name: /temperature 22.75/ });
  await temperature.click();
  await page.getByRole('heading', { name: 'plant/hall/temperature' }).waitFor();
  await page.locator('.chart canvas').waitFor();
  await visitor.check('topics');
  await visitor.picture('topics');
  await page.getByLabel('Find a topic').fill('level');
  await page.getByRole('treeitem', { name: /level 71/ }).waitFor();
  await hall.waitFor({ state: 'hidden' });
});

test('retained messages are shown and removed', async () => {
  await visitor.open('retained', 'Retained');
  await row('plant/tank/level').waitFor();
  await visitor.check('retained');
  await visitor.picture('retained');
  await row('plant/hall/info').getByRole('button', { name: 'Show' }).click();
  await dialog().getByText('"floor": 1').waitFor();
  await visitor.check('a retained message');
  await dialog().getByRole('button', { name: 'Close' }).click();
  await row('plant/tank/level').getByRole('button', { name: 'Remove' }).click();
  await row('plant/tank/level').waitFor({ state: 'hidden' });
});

test('delayed messages are shown and removed', async () => {
  await visitor.open('delayed', 'Delayed');
  await page.getByText('No message waits for its time').waitFor();
  await fleet.meters[0].publishAsync('$delayed/600/plant/later', 'x', { qos: 1 });
  await row('plant/later').getByText('10 min').waitFor();
  await visitor.check('delayed');
  await visitor.picture('delayed');
  await row('plant/later').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No message waits for its time').waitFor();
});

test('a client in the browser subscribes and publishes', async () => {
  await visitor.open('websocket', 'WebSocket client');
  await page.getByLabel('Address').fill(broker.webSocket);
  await button('Connect').click();
  await page.getByLabel('Topic filter').waitFor();
  await button('Subscribe').click();
  await page.locator('.tag-action').getByText('testtopic/#').waitFor();
  await button('Publish').click();
  await page.locator('.message-list li').nth(1).waitFor();
  await visitor.check('WebSocket client');
  await visitor.picture('websocket');
});

test('listeners are made, stopped and removed', async () => {
  await visitor.open('listeners', 'Listeners');
  await row('tcp:default').getByText('Running').waitFor();
  await button('Add a listener').click();
  await dialog().getByLabel('Name').fill('factory');
  await dialog().getByLabel('Address').fill('127.0.0.1:0');
  await visitor.check('a new listener');
  await save();
  await row('tcp:factory').getByText('Running').waitFor();
  await visitor.check('listeners');
  await visitor.picture('listeners');
  await row('tcp:factory').getByRole('button', { name: 'Edit' }).click();
  await dialog().getByLabel('Mountpoint').fill('factory/');
  await save();
  await dialog().waitFor({ state: 'hidden' });
  await row('tcp:factory').getByRole('button', { name: 'Edit' }).click();
  await dialog().getByRole('button', { name: 'All keys' }).click();
  const keys = JSON.parse(await dialog().getByLabel('As JSON').inputValue());
  assert.equal(keys.mountpoint, 'factory/');
  await visitor.check('all keys of a listener');
  await dialog()
    .getByLabel('As JSON')
    .fill(JSON.stringify({ ...keys, max_connections: 77 }));
  await save();
  await row('tcp:factory').getByText('/ 77').waitFor();
  await row('tcp:factory').getByRole('button', { name: 'Stop' }).click();
  await row('tcp:factory').getByText('Stopped').waitFor();
  await row('tcp:factory').getByRole('button', { name: 'Remove' }).click();
  await dialog().getByRole('button', { name: 'Remove' }).click();
  await row('tcp:factory').waitFor({ state: 'hidden' });
});

test('who is banned is let in again', async () => {
  await visitor.open('banned', 'Banned');
  await page.getByText('Nobody is banned').waitFor();
  await button('Ban').click();
  await dialog().getByLabel('Who').fill('meter-9');
  await dialog().getByLabel('Reason').fill('floods');
  await dialog().getByRole('button', { name: 'Ban', exact: true }).click();
  await row('meter-9').getByText('floods').waitFor();
  await visitor.check('banned');
  await visitor.picture('banned');
  await row('meter-9').getByRole('button').click();
  await dialog().getByRole('button', { name: 'Unban' }).click();
  await page.getByText('Nobody is banned').waitFor();
});

test('alarms and metrics', async () => {
  await visitor.open('alarms', 'Alarms');
  await page.getByText('Everything is as it should be').or(page.getByRole('table')).first().waitFor();
  await button('History').click();
  await visitor.check('alarms');
  await visitor.open('metrics', 'Metrics');
  await page.getByText('packets.publish.received').waitFor();
  await visitor.check('metrics');
  await visitor.picture('metrics');
  await page.getByLabel('Find a metric').fill('connack');
  await page.getByText('packets.publish.received').waitFor({ state: 'hidden' });
});

test('a trace is followed while it grows', async () => {
  await visitor.open('trace', 'Log trace');
  await page.getByText('There are no traces').waitFor();
  await button('Start a trace').click();
  await dialog().getByLabel('Name').fill('one_meter');
  await dialog().getByLabel('Whose').fill('meter-1');
  await dialog().getByRole('button', { name: 'Start' }).click();
  await page.getByRole('heading', { level: 1, name: 'one_meter' }).waitFor();
  const log = page.getByRole('log');
  // A trace begins with its second.
  for (let round = 0; (await log.count()) === 0 && round < 60; round += 1) {
    await fleet.meters[0].publishAsync('plant/hall/traced', 'x');
    await page.waitForTimeout(100);
  }
  await log.getByText('plant/hall/traced').first().waitFor();
  await visitor.check('a trace');
  await visitor.picture('trace');
  const [download] = await Promise.all([page.waitForEvent('download'), button('Download').click()]);
  assert.equal(download.suggestedFilename(), 'one_meter.zip');
  await visitor.open('trace', 'Log trace');
  await row('one_meter').getByRole('button', { name: 'Stop' }).click();
  await row('one_meter').getByText('Stopped').waitFor();
  await visitor.check('traces');
  await row('one_meter').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('There are no traces').waitFor();
});

test('single topics are counted', async () => {
  await visitor.open('topic_metrics', 'Topic metrics');
  await button('Count a topic').click();
  await dialog().getByLabel('Topic').fill('plant/hall/counted');
  await dialog().getByRole('button', { name: 'Count a topic' }).click();
  await row('plant/hall/counted').waitFor();
  await fleet.meters[0].publishAsync('plant/hall/counted', 'x', { qos: 1 });
  await row('plant/hall/counted').getByRole('cell', { name: /^1/ }).first().waitFor();
  await visitor.check('topic metrics');
  await visitor.picture('topic-metrics');
});

test('slow subscriptions are found', async () => {
  await visitor.open('slow_subscriptions', 'Slow subscriptions');
  await page.getByText('Deliveries are not timed').waitFor();
  await button('What is slow').click();
  await dialog().getByLabel('Time deliveries').check();
  await dialog().getByLabel('Slow is longer than').fill('50ms');
  await visitor.check('settings of slow subscriptions');
  await save();
  await page.getByText('No delivery has taken longer than 50ms.').waitFor();
  // A client that takes its time for a message before it acknowledges it.
  const late = await fleet.connect(broker, { clientId: 'late' });
  late.handleMessage = (_, done) => setTimeout(done, 100);
  await late.subscribeAsync('plant/late', { qos: 1 });
  await fleet.meters[0].publishAsync('plant/late', 'x', { qos: 1 });
  await row('plant/late').getByRole('link', { name: 'late' }).waitFor();
  await visitor.check('slow subscriptions');
  await visitor.picture('slow-subscriptions');
  await button('Forget all').click();
  await page.getByText('Nobody is slow').waitFor();
});

test('users and keys are made and removed', async () => {
  await visitor.open('users', 'Users');
  await row('admin').waitFor();
  await button('Add a user').click();
  await dialog().getByLabel('User name').fill('ann');
  await dialog().getByLabel('Password').fill('short');
  await save();
  await dialog().getByRole('alert').waitFor();
  await dialog().getByLabel('Password').fill('long-enough-1');
  await save();
  await row('ann').getByText('Viewer').waitFor();
  await visitor.check('users');
  await visitor.picture('users');
  await row('ann').getByRole('button', { name: 'Remove' }).click();
  await dialog().getByRole('button', { name: 'Remove' }).click();
  await row('ann').waitFor({ state: 'hidden' });
  await visitor.open('api_keys', 'API keys');
  await button('Make a key').click();
  await dialog().getByLabel('Name').fill('backup');
  await dialog().getByRole('button', { name: 'Make a key' }).click();
  assert.match(await dialog().getByLabel('Secret').inputValue(), /^.{20,}$/);
  await dialog().getByRole('button', { name: 'Close' }).last().click();
  await row('backup').getByText('Enabled').waitFor();
  await visitor.check('API keys');
  await visitor.picture('api-keys');
  await row('backup').getByRole('button', { name: 'Disable' }).click();
  await row('backup').getByText('Disabled').waitFor();
});

test('authenticators and their users are made', async () => {
  await visitor.open('authentication', 'Authentication');
  await page.getByText('Anyone can connect').waitFor();
  await button('Add an authenticator').click();
  await visitor.check('a new authenticator');
  await save();
  await row('password_based:built_in_database').getByText('Ready').waitFor();
  await button('Add an authenticator').click();
  await dialog().getByLabel('Kind').selectOption('JWT');
  await dialog().getByLabel('Secret', { exact: true }).fill('change me');
  await save();
  await row('jwt').waitFor();
  await button('Move jwt up').click();
  await page.getByRole('row').nth(1).getByText('jwt').waitFor();
  await visitor.check('authentication');
  await visitor.picture('authentication');
  await page.getByRole('link', { name: 'password_based:built_in_database' }).click();
  await button('Add a user').click();
  await dialog().getByLabel('User name').fill('pump');
  await dialog().getByLabel('Password').fill('pump-secret');
  await save();
  await row('pump').waitFor();
  await visitor.check('users of an authenticator');
  await visitor.open('authentication', 'Authentication');
  for (const id of ['jwt', 'password_based:built_in_database']) {
    await row(id).getByRole('button', { name: 'Remove' }).click();
    await dialog().getByRole('button', { name: 'Remove' }).click();
    await row(id).waitFor({ state: 'hidden' });
  }
});

test('a request is tried out, and the rule that decides is shown', async () => {
  await visitor.open('authorization', 'Authorization');
  await row('file').getByText('Ready').waitFor();
  await page.getByLabel('Client ID').fill('meter-7');
  await page.getByLabel('It wants to').selectOption('subscribe');
  await page.getByRole('textbox', { name: 'Topic' }).fill('#');
  await button('Try it out').click();
  await page.getByText('Decided by file', { exact: true }).waitFor();
  await page.getByRole('main').getByText('Denied', { exact: true }).first().waitFor();
  await visitor.check('authorization');
  await visitor.picture('authorization');
});

test('rules of the built-in database are made', async () => {
  await visitor.open('authorization', 'Authorization');
  await button('Add a source').click();
  await save();
  await row('built_in_database').getByText('Ready').waitFor();
  await page.getByRole('link', { name: 'built_in_database' }).click();
  await button('Add rules').click();
  const rules = { username: 'pump', rules: [{ topic: 'plant/pump/#', permission: 'allow', action: 'publish' }] };
  await dialog().getByLabel('As JSON').fill(JSON.stringify(rules));
  await save();
  await row('pump').getByText('plant/pump/#').waitFor();
  await visitor.check('rules of the built-in database');
  await row('pump').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('There are no rules').waitFor();
  await visitor.open('authorization', 'Authorization');
  await row('built_in_database').getByRole('button', { name: 'Remove' }).click();
  await row('built_in_database').waitFor({ state: 'hidden' });
});

test('what was changed is in the audit log', async () => {
  await visitor.open('audit', 'Audit log');
  await row('/users').first().getByText('admin').waitFor();
  await page.getByLabel('Result').selectOption('failure');
  await row('Done').first().waitFor({ state: 'hidden' });
  await visitor.check('audit log');
  await page.getByLabel('Result').selectOption('');
  await row('Done').first().waitFor();
  await visitor.picture('audit');
});

test('a backup is made, downloaded, taken over and removed', async () => {
  await visitor.open('backup', 'Backup');
  await page.getByText('There are no backups').waitFor();
  await button('Make a backup').click();
  await visitor.check('a new backup');
  await dialog().getByLabel('Bans').uncheck();
  await dialog().getByRole('button', { name: 'Make a backup' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    row('.tar.gz').getByRole('button', { name: 'Download' }).click(),
  ]);
  assert.match(download.suggestedFilename(), /\.tar\.gz$/);
  await visitor.check('backup');
  await visitor.picture('backup');
  await row('.tar.gz').getByRole('button', { name: 'Restore' }).click();
  await dialog().getByRole('button', { name: 'Restore' }).click();
  await dialog().getByText('Everything in it was restored').waitFor();
  await dialog().getByText('dunlin 0.').waitFor();
  await visitor.check('what was restored');
  await visitor.picture('backup-report');
  await dialog().getByRole('button', { name: 'Close' }).last().click();
  // The users are others now, even if they have the same names.
  await page.reload();
  await page.getByText('Your session has ended').waitFor();
  await visitor.logIn();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await broker.logIn(PASSWORD);
  await visitor.open('backup', 'Backup');
  await row('.tar.gz').getByRole('button', { name: 'Remove' }).click();
  await dialog().getByRole('button', { name: 'Remove' }).click();
  await page.getByText('There are no backups').waitFor();
});

test('settings say where they came from, and are changed', async () => {
  await visitor.open('settings', 'Settings');
  await row('listeners.tcp.default.bind').getByText('dunlin.conf').waitFor();
  await button('All keys').click();
  await page.getByLabel('Find a key').fill('mqtt.max_qos');
  await row('mqtt.max_qos_allowed').getByText('default').waitFor();
  await button('Edit: mqtt.max_qos_allowed').click();
  await dialog().getByLabel('Keys and values').fill('mqtt.max_qos_allowed = 7');
  await save();
  await dialog().getByRole('alert').waitFor();
  await dialog().getByLabel('Keys and values').fill('mqtt.max_qos_allowed = 1');
  await save();
  await row('mqtt.max_qos_allowed').getByText('cluster.hocon').waitFor();
  await button('Reset: mqtt.max_qos_allowed').click();
  await row('mqtt.max_qos_allowed').getByText('default').waitFor();
  assert.equal((await broker.ask('GET', '/configs/mqtt')).max_qos_allowed, 2);
  assert.equal(await button('Reset: mqtt.max_qos_allowed').count(), 0);
  await page.getByLabel('Find a key').fill('');
  await button('Set keys').click();
  await row('listeners.tcp.default.bind').waitFor();
  await visitor.check('settings');
  await visitor.picture('settings');
});

test('every page fits a phone, in the dark, in Chinese', async () => {
  const phone = await Visitor.come(browser, broker, { size: 'phone', scheme: 'dark', locale: 'zh-CN' });
  await phone.logIn();
  await phone.page.getByRole('heading', { name: '概览' }).waitFor();
  const menu = phone.page.locator('.menu a');
  const places = await menu.evaluateAll(links => links.map(link => link.getAttribute('href').slice(2)));
  assert.ok(places.length >= 15, `${places}`);
  for (const place of [...places, 'clients/slow', 'authorization/built_in_database']) {
    await phone.page.goto(`${broker.url}#/${place}`);
    await phone.page.locator('.page-head').waitFor();
    await phone.page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null);
    await phone.check(`${place} on a phone`);
    if (['clients', 'authorization'].includes(place) || process.env.DUNLIN_SCREENSHOTS) {
      await phone.picture(`phone-${place.replace('/', '-')}`);
    }
  }
  await phone.leave();
});

test('names without end fit a phone', async () => {
  const name = `long-${'x'.repeat(120)}`;
  const client = await fleet.connect(broker, { clientId: name, username: 'u'.repeat(100) });
  await client.subscribeAsync(`${'level'.repeat(20)}/+`);
  await client.publishAsync(`kept/${'y'.repeat(150)}`, 'z'.repeat(300), { retain: true, qos: 1 });
  const phone = await Visitor.come(browser, broker, { size: 'phone' });
  await phone.logIn();
  await phone.page.getByRole('heading', { name: 'Overview' }).waitFor();
  const places = ['clients', `clients/${name}`, `clients/${name}?tab=timeline`, 'subscriptions', 'retained'];
  for (const place of places) {
    await phone.page.goto(`${broker.url}#/${place}`);
    await phone.page
      .getByText(/x{120}|(level){20}|y{150}/)
      .first()
      .waitFor();
    await phone.check(`${place} on a phone`);
    await phone.picture(`long-${places.indexOf(place)}`);
  }
  await phone.leave();
  await client.endAsync();
  await broker.ask('DELETE', `/mqtt/retainer/message/${encodeURIComponent(`kept/${'y'.repeat(150)}`)}`);
});

test('no English word is left where Chinese is chosen', async () => {
  const reader = await Visitor.come(browser, broker, { locale: 'zh-CN' });
  await reader.logIn();
  await reader.page.getByRole('heading', { name: '概览' }).waitFor();
  const places = await reader.page
    .locator('.menu a')
    .evaluateAll(links => links.map(link => link.getAttribute('href').slice(2)));
  for (const place of [...places, 'clients/slow?tab=timeline', 'clients/nobody', 'authorization/built_in_database']) {
    await reader.page.goto(`${broker.url}#/${place}`);
    await reader.page.locator('.page-head').waitFor();
    await reader.page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null);
    const words = await reader.englishWords();
    assert.deepEqual(
      words.filter(word => !place.includes(word)),
      [],
      place,
    );
  }
  await reader.leave();
});

test('a viewer sees and changes nothing', async () => {
  await broker.ask('POST', '/users', { username: 'viewer', password: 'only-looks-1', role: 'viewer' });
  const guest = await Visitor.come(browser, broker, { size: 'phone', keepsPolicy: true });
  await guest.logIn('only-looks-1', 'viewer');
  await guest.page.getByRole('heading', { name: 'Overview' }).waitFor();
  await guest.open('listeners', 'Listeners');
  await guest.page.getByText('tcp:default').waitFor();
  assert.equal(await guest.page.getByRole('main').getByRole('button').count(), 0);
  await guest.leave();
});

// Last, since charts need some samples.
test('a node that works is seen working, light and dark, on a desk and on a phone', async () => {
  await broker.ask('POST', '/authentication', { mechanism: 'password_based', backend: 'built_in_database' });
  const users = '/authentication/password_based:built_in_database/users';
  await broker.ask('POST', users, { user_id: USER.username, password: USER.password });
  for (const { scheme, size, locale, name } of [
    { scheme: 'light', size: 'desktop', name: 'light-desktop' },
    { scheme: 'dark', size: 'desktop', name: 'dark-desktop' },
    { scheme: 'light', size: 'phone', name: 'light-phone' },
    { scheme: 'dark', size: 'phone', name: 'dark-phone' },
    { scheme: 'light', size: 'desktop', locale: 'zh-CN', name: 'chinese' },
  ]) {
    const guest = await Visitor.come(browser, broker, { scheme, size, ...(locale && { locale }) });
    await guest.logIn();
    await guest.page.locator('.chart canvas').nth(3).waitFor();
    await guest.page.getByRole('link', { name: '@' }).waitFor();
    // Somebody sends something right now.
    await guest.page
      .locator('.tile-value')
      .nth(1)
      .getByText(/^[1-9]/)
      .waitFor();
    await guest.check(`overview, ${name}`);
    await guest.picture(`overview-${name}`);
    await guest.page.getByRole('link', { name: '@' }).click();
    await guest.page.getByRole('heading', { level: 1, name: '@' }).waitFor();
    await guest.page.locator('.chart canvas').nth(5).waitFor();
    await guest.page.getByText('tcp:default').waitFor();
    await guest.check(`node, ${name}`);
    await guest.picture(`node-${name}`);
    await guest.leave();
  }
});

test('nothing went wrong on the way, and no other host was asked', async () => {
  visitor.hosts.delete(new URL(broker.webSocket).host);
  await visitor.leave();
});
