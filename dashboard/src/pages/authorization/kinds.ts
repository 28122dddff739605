// What rules can come from, and what each asks for.
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

const QUERY: EntryField = { key: 'query', kind: 'lines', isRequired: true, hint: 'key_hint.query_rules' };
const FIRST_QUERY = 'SELECT permission, action, topic FROM mqtt_acl WHERE username = ${username}';

export const SOURCE_KINDS: readonly EntryKind[] = [
  {
    name: 'kind.built_in_database',
    initial: { type: 'built_in_database' },
    groups: groupsWithin([{ key: 'max_rules', kind: 'number', standard: 100 }]),
  },
  {
    name: 'kind.file',
    initial: { type: 'file', rules: '{allow, {username, "dashboard"}, subscribe, ["$SYS/#"]}.\n{deny, all}.\n' },
    groups: groupsWithin([{ key: 'rules', kind: 'lines', isRequired: true, hint: 'key_hint.rules' }]),
  },
  {
    name: 'kind.http',
    initial: {
      type: 'http',
      method: 'post',
      url: 'http://127.0.0.1:8080/acl',
      headers: { 'content-type': 'application/json' },
      body: { username: '${username}', topic: '${topic}', action: '${action}' },
    },
    groups: groupsOfHttp([{ key: 'body', kind: 'pairs', hint: 'key_hint.body_rules' }], '30s'),
  },
  {
    name: 'kind.postgresql',
    initial: { type: 'postgresql', server: '127.0.0.1:5432', database: 'mqtt', username: '', query: FIRST_QUERY },
    groups: groupsOf([...POSTGRESQL, QUERY], POSTGRESQL_LIMITS),
  },
  {
    name: 'kind.mysql',
    initial: { type: 'mysql', server: '127.0.0.1:3306', database: 'mqtt', query: FIRST_QUERY },
    groups: groupsOf([...MYSQL, QUERY], DATABASE_LIMITS),
  },
  {
    name: 'kind.redis',
    initial: {
      type: 'redis',
      redis_type: 'single',
      server: '127.0.0.1:6379',
      cmd: 'HGETALL mqtt_acl:${username}',
    },
    groups: groupsOf(
      [...REDIS, { key: 'cmd', kind: 'text', isRequired: true, hint: 'key_hint.cmd_rules' }],
      DATABASE_LIMITS,
    ),
  },
  {
    name: 'kind.mongodb',
    initial: {
      type: 'mongodb',
      mongo_type: 'single',
      server: '127.0.0.1:27017',
      database: 'mqtt',
      collection: 'mqtt_acl',
      filter: { username: '${username}' },
    },
    groups: groupsOf(
      [...MONGODB, { key: 'limit', kind: 'number', standard: 1000 }, { key: 'skip', kind: 'number', standard: 0 }],
      DATABASE_LIMITS,
    ),
  },
  {
    name: 'kind.ldap',
    initial: {
      type: 'ldap',
      server: '127.0.0.1:389',
      username: 'cn=root,dc=example,dc=com',
      base_dn: 'uid=${username},ou=users,dc=example,dc=com',
    },
    groups: groupsOf(
      [
        ...LDAP,
        { key: 'publish_attribute', kind: 'text', standard: 'mqttPublishTopic' },
        { key: 'subscribe_attribute', kind: 'text', standard: 'mqttSubscriptionTopic' },
        { key: 'all_attribute', kind: 'text', standard: 'mqttPubSubTopic' },
        { key: 'acl_rule_attribute', kind: 'text', standard: 'mqttAclRule' },
      ],
      LDAP_LIMITS,
      LDAP_TLS,
    ),
  },
];
