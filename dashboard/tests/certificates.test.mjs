// Bundles of certificates are made, named by a listener, replaced, and kept from being removed while they are used.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect } from 'node:tls';
import { visit } from './visit.mjs';
import { Visitor } from './visitor.mjs';

const { broker, browser, visitor, page, row, button, dialog, save } = await visit(
  'listeners.ssl.plant.bind = "127.0.0.1:0"',
);
const folder = mkdtempSync(join(tmpdir(), 'dunlin-certificates-'));
after(() => rmSync(folder, { recursive: true, force: true }));

// A certificate of OpenSSL for a host, and its key, as files.
function certificate(host, days) {
  const files = { chain: join(folder, `${host}-${days}.pem`), key: join(folder, `${host}-${days}.key`) };
  const names = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const written = ['-keyout', files.key, '-out', files.chain, '-days', String(days)];
  execFileSync('openssl', ['req', '-x509', ...curve, ...names, ...written], { stdio: 'pipe' });
  return files;
}

// Serial numbers are chosen by chance, so that no two certificates have the same.
const serialOf = file =>
  execFileSync('openssl', ['x509', '-in', file, '-noout', '-serial'], { encoding: 'utf8' }).trim().split('=')[1];

const choose = (label, file) => dialog().locator(`input[type=file][aria-label="${label}"]`).setInputFiles(file);

// What a client of TLS that is none of ours is shown.
async function shownSerial(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

test('a bundle is uploaded, and a key that is not its own is refused', async () => {
  const soon = certificate('mqtt.example.com', 10);
  const other = certificate('other.example.com', 400);
  await visitor.open('certificates', 'Certificates');
  await page.getByText('There are no bundles').waitFor();
  await button('Add a bundle').click();
  await visitor.check('a new bundle');
  await dialog().getByLabel('Bundle').fill('mqtt.example.com');
  await choose('Certificate', soon.chain);
  await choose('Private key', other.key);
  await save();
  await dialog().getByRole('alert').getByText('is not the key of the certificate').waitFor();
  await choose('Private key', soon.key);
  await visitor.picture('certificate-bundle');
  await save();
  await dialog().waitFor({ state: 'hidden' });
  await row('mqtt.example.com').getByText('nobody').waitFor();
  await row('mqtt.example.com')
    .getByText(/in (9|10) days/)
    .waitFor();
  const files = await broker.ask('GET', '/certs/global/name/mqtt.example.com');
  assert.deepEqual(Object.keys(files), ['key', 'chain']);
  await button('Add a bundle').click();
  await dialog().getByLabel('Bundle').fill('unused');
  await dialog().getByRole('textbox', { name: 'Certificate' }).fill(readFileSync(other.chain, 'utf8'));
  await dialog().getByRole('textbox', { name: 'Private key' }).fill(readFileSync(other.key, 'utf8'));
  await save();
  await row('other.example.com').waitFor();
});

test('who uses a bundle is shown, and clients get what takes its place', async () => {
  const bundle = { managed_certs: { bundle_name: 'mqtt.example.com' } };
  await broker.ask('PUT', '/listeners/ssl:plant', { ssl_options: bundle });
  const port = broker.portOf('ssl:plant');
  await page.reload();
  await row('mqtt.example.com').getByRole('link', { name: 'ssl:plant' }).waitFor();
  await visitor.check('certificates');
  await visitor.picture('certificates');
  const next = certificate('mqtt.example.com', 365);
  assert.notEqual(await shownSerial(port), serialOf(next.chain));
  await row('mqtt.example.com').getByRole('button', { name: 'Replace' }).click();
  await choose('Certificate', next.chain);
  await choose('Private key', next.key);
  await save();
  await dialog().waitFor({ state: 'hidden' });
  assert.equal(await shownSerial(port), serialOf(next.chain));
  await row('mqtt.example.com').getByRole('button', { name: 'Remove' }).click();
  await dialog().getByRole('button', { name: 'Remove' }).click();
  await dialog().getByRole('alert').waitFor();
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  await row('unused').getByRole('button', { name: 'Remove' }).click();
  await dialog().getByRole('button', { name: 'Remove' }).click();
  await row('unused').waitFor({ state: 'hidden' });
  await row('mqtt.example.com').waitFor();
});

test('bundles read well on a phone and in Chinese', async () => {
  const phone = await Visitor.come(browser, broker, { size: 'phone', scheme: 'dark', locale: 'zh-CN' });
  await phone.logIn();
  await phone.page.getByRole('heading', { name: '概览' }).waitFor();
  await phone.open('certificates', '证书');
  await phone.page.getByRole('link', { name: 'ssl:plant' }).waitFor();
  await phone.check('certificates on a phone');
  assert.deepEqual(await phone.englishWords(), []);
  await phone.picture('phone-certificates');
  // What the node says is English; what kind of error it is is not.
  await phone.page.getByRole('button', { name: '删除' }).click();
  await phone.page.getByRole('dialog').getByRole('button', { name: '删除' }).click();
  await phone.page.getByRole('alert').getByText('请求无效（Cannot delete').waitFor();
  await phone.page.getByRole('button', { name: '取消' }).click();
  await phone.page.getByRole('button', { name: '添加证书包' }).click();
  await phone.check('a new bundle on a phone');
  assert.deepEqual(await phone.englishWords(), []);
  await phone.leave();
});

test('nothing went wrong on the way', async () => {
  await visitor.leave();
});
