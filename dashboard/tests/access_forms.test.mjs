// Authenticators and sources of rules are made and changed with forms: what each kind asks for, and where a mistake is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { visit } from './visit.mjs';
import { Visitor } from './visitor.mjs';

const { broker, browser, fleet, visitor, page, row, button, dialog, save } = await visit();
const field = label => dialog().getByLabel(label, { exact: true });
const secretOf = async label => [await field(label).getAttribute('type'), await field(label).inputValue()];

async function unfold(where) {
  for (const fold of await where.getByRole('dialog').locator('details').all()) {
    if ((await fold.getAttribute('open')) === null) {
      await fold.locator('summary').click();
    }
  }
}

test('a mistake is told at its field, also at one that was folded', async () => {
  await visitor.open('authentication', 'Authentication');
  await button('Add an authenticator').click();
  await field('Kind').selectOption('PostgreSQL');
  await field('Server').fill('127.0.0.1:x');
  await field('User name').fill('dunlin');
  await field('Password').fill('planted');
  await dialog().getByText('Connection and limits').click();
  await field('Connections').fill('none');
  await dialog().getByText('Connection and limits').click();
  await save();
  await dialog().getByText('must be `host` or `host:port`').waitFor();
  assert.equal(await field('Server').getAttribute('aria-invalid'), 'true');
  await dialog().getByText('must be a whole number from 1 to 10000').waitFor();
  assert.equal(await field('Query').getAttribute('aria-invalid'), null);
  await visitor.check('a refused authenticator');
  await visitor.picture('authenticator-refused');
  await field('Server').fill('127.0.0.1:1');
  await field('Connections').fill('3');
  await save();
  await dialog().waitFor({ state: 'hidden' });
  await row('password_based:postgresql').getByText('Not reachable').waitFor();
  const [kept] = await broker.ask('GET', '/authentication');
  assert.deepEqual([kept.server, kept.pool_size, kept.username], [['127.0.0.1:1'], 3, 'dunlin']);
});

test('a secret stays what it is, and keys without a field are there as JSON', async () => {
  await row('password_based:postgresql').getByRole('button', { name: 'Edit' }).click();
  assert.deepEqual(await secretOf('Password'), ['password', '******']);
  await field('Stored passwords').selectOption('bcrypt');
  await button('JSON').click();
  const text = dialog().getByLabel('As JSON');
  const value = JSON.parse(await text.inputValue());
  assert.deepEqual(value.password_hash_algorithm, { name: 'bcrypt' });
  await visitor.check('an authenticator as JSON');
  await text.fill(JSON.stringify({ ...value, resource_opts: { health_check_interval: '9s' } }));
  await button('Form').click();
  await field('Database').fill('other');
  await save();
  await dialog().waitFor({ state: 'hidden' });
  const [kept] = await broker.ask('GET', '/authentication');
  assert.deepEqual(
    [kept.database, kept.resource_opts.health_check_interval, kept.password_hash_algorithm.name, kept.password],
    ['other', '9s', 'bcrypt', '******'],
  );
  // Nobody is at that address.
  await visitor.open('alarms', 'Alarms');
  await row('authentication:password_based:postgresql').getByText('A back end of authentication').waitFor();
  await visitor.check('an alarm');
  await visitor.picture('alarms');
  await visitor.open('authentication', 'Authentication');
  await row('password_based:postgresql').getByRole('button', { name: 'Remove' }).click();
  await dialog().getByRole('button', { name: 'Remove' }).click();
  await page.getByText('Anyone can connect').waitFor();
});

test('who is in the built-in database comes in, and others do not', async () => {
  await button('Add an authenticator').click();
  await field('Users are known by').selectOption('clientid');
  await field('Stored passwords').selectOption('pbkdf2');
  await field('Digest').selectOption('sha256');
  await field('Iterations').fill('1000');
  await save();
  await page.getByRole('link', { name: 'password_based:built_in_database' }).click();
  await button('Add a user').click();
  await field('User name').fill('pump-1');
  await field('Password').fill('pump-secret');
  await save();
  await row('pump-1').waitFor();
  await fleet.connect(broker, { clientId: 'pump-1', username: 'any', password: 'pump-secret' });
  await fleet.beRefused(broker, { clientId: 'pump-1', username: 'any', password: 'wrong' });
});

test('a source of rules is made of a web service, and rules of a file are written', async () => {
  await visitor.open('authorization', 'Authorization');
  await row('file').waitFor();
  await button('Add a source').click();
  await field('Kind').selectOption('HTTP service');
  await button('Add a line: Headers').click();
  await field('Headers: Name').last().fill('x-plant');
  await field('Headers: Value').last().fill('north');
  await visitor.check('a new source');
  await visitor.picture('source-form');
  await save();
  await row('http').waitFor();
  const { headers, body } = await broker.ask('GET', '/authorization/sources/http');
  // What is in a header may be a secret.
  assert.equal(headers['x-plant'], '******');
  assert.equal(body.topic, '${topic}');
  const order = async () => (await broker.ask('GET', '/authorization/sources')).sources.map(({ type }) => type);
  assert.deepEqual(await order(), ['http', 'file']);
  await button('Move http down').click();
  await page.getByRole('row').nth(1).getByText('file').waitFor();
  assert.deepEqual(await order(), ['file', 'http']);
  await button('Move http up').click();
  await page.getByRole('row').nth(1).getByText('http').waitFor();
  assert.deepEqual(await order(), ['http', 'file']);
  // Nobody listens where its rules are: that denies, and says so.
  await page.getByLabel('Client ID').fill('pump-1');
  await page.getByRole('textbox', { name: 'Topic' }).fill('plant/open');
  await button('Try it out').click();
  await page.getByText('http: No answer', { exact: true }).waitFor();
  await row('http').getByRole('button', { name: 'Remove' }).click();
  await row('http').waitFor({ state: 'hidden' });
  await row('file').getByRole('button', { name: 'Edit' }).click();
  await field('Rules').fill('{allow, all');
  await save();
  await dialog().getByRole('alert').waitFor();
  await field('Rules').fill('{deny, all, publish, ["plant/closed"]}.\n{allow, all}.\n');
  await save();
  await dialog().waitFor({ state: 'hidden' });
  const verdict = topic => broker.ask('POST', '/authorization/check', { clientid: 'pump-1', action: 'publish', topic });
  assert.equal((await verdict('plant/closed')).result, 'deny');
  assert.equal((await verdict('plant/open')).result, 'allow');
});

for (const [place, english, chinese, add] of [
  ['authentication', 'Add an authenticator', '认证', '添加认证器'],
  ['authorization', 'Add a source', '授权', '添加来源'],
]) {
  test(`every form of ${place} is easy to use, in both languages and on a phone`, async () => {
    await visitor.open(place, place === 'authentication' ? 'Authentication' : 'Authorization');
    await button(english).click();
    const kinds = await field('Kind').locator('option').allTextContents();
    assert.ok(kinds.length >= 8, `${kinds}`);
    for (const kind of kinds) {
      await field('Kind').selectOption(kind);
      await unfold(page);
      for (const label of ['Use TLS', 'Keys come from a key set']) {
        if ((await field(label).count()) > 0) {
          await field(label).check();
        }
      }
      await visitor.check(`${place}: ${kind}`);
    }
    const phone = await Visitor.come(browser, broker, { size: 'phone', scheme: 'dark', locale: 'zh-CN' });
    await phone.logIn();
    await phone.page.getByRole('heading', { name: '概览' }).waitFor();
    await phone.open(place, chinese);
    await phone.page.getByRole('button', { name: add }).click();
    for (const [at] of kinds.entries()) {
      await phone.page.getByRole('dialog').getByRole('combobox').first().selectOption(String(at));
      await unfold(phone.page);
      await phone.check(`${place}: ${kinds[at]} on a phone`);
      assert.deepEqual(await phone.englishWords(), [], kinds[at]);
    }
    await phone.picture(`phone-${place}-form`);
    await phone.leave();
  });
}

test('nothing went wrong on the way', async () => {
  await visitor.leave();
});
