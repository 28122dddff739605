// Where a new source of rules begins.
const SERVER = { pool_size: 8, ssl: { enable: false } };
const QUERY = 'SELECT permission, action, topic FROM mqtt_acl WHERE username = ${username}';

export const SOURCE_TEMPLATES: Readonly<Record<string, unknown>> = {
  'Built-in database': { type: 'built_in_database', enable: true },
  'HTTP service': {
    type: 'http',
    method: 'post',
    url: 'http://127.0.0.1:8080/acl',
    headers: { 'content-type': 'application/json' },
    body: { username: '${username}', topic: '${topic}', action: '${action}' },
  },
  PostgreSQL: {
    type: 'postgresql',
    server: '127.0.0.1:5432',
    database: 'mqtt',
    username: 'postgres',
    password: '',
    query: QUERY,
    ...SERVER,
  },
  MySQL: {
    type: 'mysql',
    server: '127.0.0.1:3306',
    database: 'mqtt',
    username: 'root',
    password: '',
    query: QUERY,
    ...SERVER,
  },
  Redis: {
    type: 'redis',
    redis_type: 'single',
    server: '127.0.0.1:6379',
    cmd: 'HGETALL mqtt_acl:${username}',
    ...SERVER,
  },
  MongoDB: {
    type: 'mongodb',
    mongo_type: 'single',
    server: '127.0.0.1:27017',
    database: 'mqtt',
    collection: 'acl',
    filter: { username: '${username}' },
    ...SERVER,
  },
};
