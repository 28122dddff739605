// What there is to authenticate clients with, and what each asks for.
import {
  DATABASE_LIMITS,
  groupsOf,
  groupsOfHttp,
  groupsWithin,
  LDAP,
  LDAP_LIMITS,
  LDAP_TLS,
  MONGODB,
  MYSQL,
  POSTGRESQL,
  POSTGRESQL_LIMITS,
  REDIS,
} from '../../parts/entry/back_end_fields';
import type { EntryField, EntryKind } from '../../parts/entry/entry_field';

const SALTED = ['plain', 'md5', 'sha', 'sha256', 'sha512'];
const MACS = ['sha', 'sha224', 'sha256', 'sha384', 'sha512', 'md4', 'md5', 'ripemd160'];
const WITH_PBKDF2 = { 'password_hash_algorithm.name': ['pbkdf2'] };

const HASH: readonly EntryField[] = [
  {
    key: 'password_hash_algorithm.name',
    kind: 'choice',
    standard: 'sha256',
    choices: [...SALTED, 'bcrypt', 'pbkdf2'],
  },
  {
    key: 'password_hash_algorithm.salt_position',
    kind: 'choice',
    standard: 'prefix',
    choices: ['prefix', 'suffix', 'disable'],
    when: { 'password_hash_algorithm.name': SALTED },
  },
  {
    key: 'password_hash_algorithm.mac_fun',
    kind: 'choice',
    choices: ['', ...MACS],
    isRequired: true,
    when: WITH_PBKDF2,
  },
  { key: 'password_hash_algorithm.iterations', kind: 'number', isRequired: true, when: WITH_PBKDF2 },
  { key: 'password_hash_algorithm.dk_length', kind: 'number', when: WITH_PBKDF2 },
];
const SALT_ROUNDS: EntryField = {
  key: 'password_hash_algorithm.salt_rounds',
  kind: 'number',
  standard: 10,
  when: { 'password_hash_algorithm.name': ['bcrypt'] },
};
const QUERY: EntryField = { key: 'query', kind: 'lines', isRequired: true, hint: 'key_hint.query' };
const FIRST_QUERY = 'SELECT password_hash, salt, is_superuser FROM mqtt_user WHERE username = ${username} LIMIT 1';
const SCRAM: readonly EntryField[] = [
  { key: 'algorithm', kind: 'choice', standard: 'sha256', choices: ['sha256', 'sha512'] },
  { key: 'iteration_count', kind: 'number', standard: 4096 },
];
const BODY: EntryField = { key: 'body', kind: 'pairs', hint: 'key_hint.body' };
const FIRST_HTTP = {
  method: 'post',
  url: 'http://127.0.0.1:8080/auth',
  headers: { 'content-type': 'application/json' },
};

const WITH_KEY_SET = { use_jwks: ['true'] };
const WITH_SECRET = { use_jwks: ['false'], algorithm: ['hmac-based'] };
const JWT: readonly EntryField[] = [
  { key: 'from', kind: 'choice', standard: 'password', choices: ['password', 'username'] },
  { key: 'use_jwks', kind: 'flag', standard: false },
  {
    key: 'algorithm',
    kind: 'choice',
    isRequired: true,
    choices: ['', 'hmac-based', 'public-key'],
    when: { use_jwks: ['false'] },
  },
  { key: 'secret', kind: 'secret', isRequired: true, hint: 'key_hint.secret_file', when: WITH_SECRET },
  { key: 'secret_base64_encoded', kind: 'flag', standard: false, when: WITH_SECRET },
  {
    key: 'public_key',
    kind: 'pem',
    isRequired: true,
    hint: 'key_hint.pem',
    when: { use_jwks: ['false'], algorithm: ['public-key'] },
  },
  { key: 'endpoint', kind: 'text', isRequired: true, when: WITH_KEY_SET },
  { key: 'refresh_interval', kind: 'text', standard: '300s', when: WITH_KEY_SET },
  { key: 'headers', kind: 'pairs', when: WITH_KEY_SET },
  { key: 'verify_claims', kind: 'pairs', hint: 'key_hint.verify_claims' },
  { key: 'acl_claim_name', kind: 'text', standard: 'acl' },
  { key: 'on_missing_jwt', kind: 'choice', standard: 'ignore', choices: ['ignore', 'deny'] },
  { key: 'disconnect_after_expire', kind: 'flag', standard: true },
];

function password(backend: string, initial: object): EntryKind['initial'] {
  return { mechanism: 'password_based', backend, ...initial };
}

export const AUTHENTICATOR_KINDS: readonly EntryKind[] = [
  {
    name: 'kind.built_in_database',
    initial: password('built_in_database', { user_id_type: 'username' }),
    groups: groupsWithin([
      { key: 'user_id_type', kind: 'choice', standard: 'username', choices: ['username', 'clientid'] },
      ...HASH,
      SALT_ROUNDS,
    ]),
  },
  {
    name: 'kind.http',
    initial: password('http', {
      ...FIRST_HTTP,
      body: { clientid: '${clientid}', username: '${username}', password: '${password}' },
    }),
    groups: groupsOfHttp([BODY], '5s'),
  },
  {
    name: 'kind.jwt',
    initial: { mechanism: 'jwt', from: 'password', use_jwks: false, algorithm: 'hmac-based' },
    groups: groupsOf(JWT),
  },
  {
    name: 'kind.postgresql',
    initial: password('postgresql', { server: '127.0.0.1:5432', database: 'mqtt', username: '', query: FIRST_QUERY }),
    groups: groupsOf([...POSTGRESQL, QUERY, ...HASH], POSTGRESQL_LIMITS),
  },
  {
    name: 'kind.mysql',
    initial: password('mysql', { server: '127.0.0.1:3306', database: 'mqtt', query: FIRST_QUERY }),
    groups: groupsOf([...MYSQL, QUERY, ...HASH], DATABASE_LIMITS),
  },
  {
    name: 'kind.redis',
    initial: password('redis', {
      redis_type: 'single',
      server: '127.0.0.1:6379',
      cmd: 'HMGET mqtt_user:${username} password_hash salt is_superuser',
    }),
    groups: groupsOf(
      [...REDIS, { key: 'cmd', kind: 'text', isRequired: true, hint: 'key_hint.cmd' }, ...HASH],
      DATABASE_LIMITS,
    ),
  },
  {
    name: 'kind.mongodb',
    initial: password('mongodb', {
      mongo_type: 'single',
      server: '127.0.0.1:27017',
      database: 'mqtt',
      collection: 'mqtt_user',
      filter: { username: '${username}' },
    }),
    groups: groupsOf(
      [
        ...MONGODB,
        { key: 'password_hash_field', kind: 'text', standard: 'password_hash' },
        { key: 'salt_field', kind: 'text', standard: 'salt' },
        { key: 'is_superuser_field', kind: 'text', standard: 'is_superuser' },
        ...HASH,
      ],
      DATABASE_LIMITS,
    ),
  },
  {
    name: 'kind.ldap',
    initial: password('ldap', {
      server: '127.0.0.1:389',
      username: 'cn=root,dc=example,dc=com',
      base_dn: 'uid=${username},ou=users,dc=example,dc=com',
      method: { type: 'hash' },
    }),
    groups: groupsOf(
      [
        ...LDAP,
        { key: 'method.type', kind: 'choice', standard: 'hash', choices: ['hash', 'bind'] },
        {
          key: 'method.password_attribute',
          kind: 'text',
          standard: 'userPassword',
          when: { 'method.type': ['hash'] },
        },
        { key: 'method.bind_password', kind: 'text', standard: '${password}', when: { 'method.type': ['bind'] } },
        { key: 'method.is_superuser_attribute', kind: 'text', standard: 'isSuperuser' },
      ],
      LDAP_LIMITS,
      LDAP_TLS,
    ),
  },
  {
    name: 'kind.scram_built_in_database',
    initial: { mechanism: 'scram', backend: 'built_in_database', algorithm: 'sha256' },
    groups: groupsWithin(SCRAM),
  },
  {
    name: 'kind.scram_http',
    initial: { mechanism: 'scram', backend: 'http', ...FIRST_HTTP, body: { username: '${username}' } },
    groups: groupsOfHttp([...SCRAM, BODY], '5s'),
  },
  {
    name: 'kind.cinfo',
    initial: { mechanism: 'cinfo', checks: [{ is_match: "str_eq(username, 'x')", result: 'deny' }] },
    groups: groupsWithin([{ key: 'checks', kind: 'json', isRequired: true, hint: 'key_hint.checks' }]),
  },
];
