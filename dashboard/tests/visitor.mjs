// Somebody with a browser: walks, looks for what is hard to use, and takes pictures.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { PASSWORD } from './broker.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pictures = process.env.UPDATE_SCREENSHOTS
  ? fileURLToPath(new URL('../../docs/img/', import.meta.url))
  : process.env.DUNLIN_SCREENSHOTS;
const SIZES = { desktop: { width: 1280, height: 820 }, phone: { width: 360, height: 740 } };

// What has the same name in every language.
const NAMES = [
  'ACME',
  'API',
  'Base',
  'CONNECT',
  'DISCONNECT',
  'Dunlin',
  'English',
  'HOCON',
  'HTTP',
  'JSON',
  'JWKS',
  'JWT',
  'LDAP',
  'MQTT',
  'MongoDB',
  'MySQL',
  'PEM',
  'PostgreSQL',
  'PROXY',
  'PUBREL',
  'QoS',
  'REST',
  'Redis',
  'SCRAM',
  'SNI',
  'SRV',
  'SUBSCRIBE',
  'SYS',
  'StartTLS',
  'TLS',
  'URL',
  'UTF',
  'WebSocket',
  'admin',
  'file',
  'infinity',
];

export function openBrowser() {
  const path = process.env.DUNLIN_CHROMIUM ?? '/usr/bin/chromium';
  const args = ['--no-sandbox', '--disable-dev-shm-usage'];
  if (process.env.DUNLIN_DASHBOARD_FROM_DISK) {
    // A page that comes from nowhere may not open connections to this machine.
    args.push('--disable-features=LocalNetworkAccessChecks');
  }
  return chromium.launch({ executablePath: path, args });
}

// What was built last, whatever the binary holds: for work on the dashboard without a build of the broker.
async function serveFromDisk(context, broker) {
  const policy = (await fetch(broker.url)).headers.get('content-security-policy');
  await context.route(/^[^?]*\/(assets\/[^/?]+|mark\.svg)?$/, route => {
    const path = new URL(route.request().url()).pathname;
    const file = fileURLToPath(new URL(`../dist${path === '/' ? '/index.html' : path}`, import.meta.url));
    return route.fulfill({
      path: file,
      headers: { 'content-type': contentType(file), 'content-security-policy': policy },
    });
  });
}

function contentType(file) {
  const types = { css: 'text/css', html: 'text/html', js: 'text/javascript', svg: 'image/svg+xml' };
  return types[file.split('.').at(-1)] ?? 'text/plain';
}

export class Visitor {
  constructor(browser, broker, page, width) {
    this.browser = browser;
    this.broker = broker;
    this.page = page;
    this.width = width;
    this.problems = [];
    this.hosts = new Set();
  }

  static async come(browser, broker, options = {}) {
    // The policy of the page forbids what axe is put in with; whether the policy holds has a test of its own.
    const { size = 'desktop', scheme = 'light', locale = 'en-GB', keepsPolicy = false } = options;
    const context = await browser.newContext({
      viewport: SIZES[size],
      isMobile: size === 'phone',
      hasTouch: size === 'phone',
      colorScheme: scheme,
      locale,
      bypassCSP: !keepsPolicy,
    });
    if (process.env.DUNLIN_DASHBOARD_FROM_DISK) {
      await serveFromDisk(context, broker);
    }
    const page = await context.newPage();
    const visitor = new Visitor(browser, broker, page, SIZES[size].width);
    page.setDefaultTimeout(15_000);
    page.on('pageerror', error => visitor.problems.push(`error: ${error.message}`));
    page.on('console', message => {
      // Chromium writes down every refusal of the API, which pages expect.
      if (['error', 'warning'].includes(message.type()) && !/status of 4\d\d/.test(message.text())) {
        visitor.problems.push(message.text());
      }
    });
    page.on('request', request => visitor.hosts.add(new URL(request.url()).host));
    return visitor;
  }

  async logIn(password = PASSWORD, username = 'admin') {
    await this.page.goto(this.broker.url);
    await this.page.locator('input[name=username]').fill(username);
    await this.page.locator('input[name=password]').fill(password);
    await this.page.locator('button[type=submit]').click();
  }

  async open(place, heading) {
    await this.page.goto(`${this.broker.url}#/${place}`);
    await this.page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
  }

  // Nothing serious for people who see, hear or point differently; nothing wider than the window.
  async check(name) {
    await this.page.evaluate(axe);
    const found = await this.page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    const serious = found.violations.filter(one => ['serious', 'critical'].includes(one.impact));
    const words = serious.map(
      one => `${one.id}: ${one.nodes.map(node => `${node.html} ${node.failureSummary}`).join('; ')}`,
    );
    assert.deepEqual(words, [], `${name} is hard to use`);
    const width = await this.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= this.width, `${name} is ${width - this.width} pixels too wide`);
  }

  // Words of the page itself that nobody has translated; names, as of topics, keys and counters, are in other elements.
  async englishWords() {
    return this.page.evaluate(names => {
      const own =
        'h1,h2:not(.metric-groups h2),h3,th,label,legend,button,.page-text,.hint,.tile-title,.tile-text,.badge,.facts dt,.empty,.menu a,.event strong,.event-text,.chart-title,.chart-key,option:not(.control-names *)';
      const attributes = ['aria-label', 'title', 'placeholder'];
      const texts = [...document.querySelectorAll(own)].map(element => element.textContent ?? '');
      for (const name of attributes) {
        texts.push(
          ...[...document.querySelectorAll(`[${name}]:not(td *, .pair *, .control-names)`)].map(element =>
            element.getAttribute(name),
          ),
        );
      }
      // What has dots, slashes and the like in it is a name.
      const words = texts.flatMap(text => text.replace(/\S*\w[._/:$@{}#-]+\S*/g, ' ').match(/[A-Za-z]{3,}/g) ?? []);
      return [...new Set(words.filter(word => !names.includes(word)))];
    }, NAMES);
  }

  async picture(name) {
    if (pictures) {
      mkdirSync(pictures, { recursive: true });
      // What was just done is over soon, and would be in the way.
      await this.page.addStyleTag({ content: '.notices { visibility: hidden }' });
      await this.page.screenshot({ path: join(pictures, `dashboard-${name}.png`), animations: 'disabled' });
    }
  }

  // Ends the visit; whatever the browser complained about on the way comes up now.
  async leave() {
    await this.page.context().close();
    assert.deepEqual(this.problems, []);
    assert.deepEqual(
      [...this.hosts].filter(host => host !== new URL(this.broker.url).host && host !== ''),
      [],
    );
  }
}
