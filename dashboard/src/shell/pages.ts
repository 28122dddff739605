// All pages: where they are in the menu, and the file that is loaded when one is opened.
import { type ComponentType, type LazyExoticComponent, lazy } from 'react';
import type { IconName } from '../parts/icon';
import type { TextKey } from '../text/text';

export interface PageEntry {
  // In the address.
  readonly name: string;
  readonly title: TextKey;
  readonly icon: IconName;
  readonly Page: LazyExoticComponent<ComponentType>;
}

export interface PageGroup {
  readonly title: TextKey;
  readonly pages: readonly PageEntry[];
}

function page(name: string, title: TextKey, icon: IconName, load: () => Promise<ComponentType>): PageEntry {
  return { name, title, icon, Page: lazy(async () => ({ default: await load() })) };
}

const MONITORING: readonly PageEntry[] = [
  page(
    'overview',
    'page.overview',
    'activity',
    async () => (await import('../pages/overview/overview_page')).OverviewPage,
  ),
  page('nodes', 'page.nodes', 'server', async () => (await import('../pages/nodes/nodes_page')).NodesPage),
  page('clients', 'page.clients', 'devices', async () => (await import('../pages/clients/clients_page')).ClientsPage),
  page(
    'subscriptions',
    'page.subscriptions',
    'list',
    async () => (await import('../pages/subscriptions/subscriptions_page')).SubscriptionsPage,
  ),
  page('topics', 'page.topics', 'tree', async () => (await import('../pages/topics/topics_page')).TopicsPage),
  page('retained', 'page.retained', 'pin', async () => (await import('../pages/retained/retained_page')).RetainedPage),
  page('delayed', 'page.delayed', 'clock', async () => (await import('../pages/delayed/delayed_page')).DelayedPage),
  page('alarms', 'page.alarms', 'alarm', async () => (await import('../pages/alarms/alarms_page')).AlarmsPage),
  page('metrics', 'page.metrics', 'gauge', async () => (await import('../pages/metrics/metrics_page')).MetricsPage),
];

const ACCESS: readonly PageEntry[] = [
  page(
    'authentication',
    'page.authentication',
    'lock',
    async () => (await import('../pages/authentication/authentication_page')).AuthenticationPage,
  ),
  page(
    'authorization',
    'page.authorization',
    'shield',
    async () => (await import('../pages/authorization/authorization_page')).AuthorizationPage,
  ),

  page('banned', 'page.banned', 'ban', async () => (await import('../pages/banned/banned_page')).BannedPage),
];

const MANAGEMENT: readonly PageEntry[] = [
  page(
    'listeners',
    'page.listeners',
    'door',
    async () => (await import('../pages/listeners/listeners_page')).ListenersPage,
  ),
  page(
    'certificates',
    'page.certificates',
    'certificate',
    async () => (await import('../pages/certificates/certificates_page')).CertificatesPage,
  ),
  page(
    'topic_rewrite',
    'page.topic_rewrite',
    'swap',
    async () => (await import('../pages/topic_rewrite/topic_rewrite_page')).TopicRewritePage,
  ),
  page(
    'auto_subscribe',
    'page.auto_subscribe',
    'inbox',
    async () => (await import('../pages/auto_subscribe/auto_subscribe_page')).AutoSubscribePage,
  ),
];

const DIAGNOSE: readonly PageEntry[] = [
  page(
    'websocket',
    'page.websocket',
    'send',
    async () => (await import('../pages/websocket/websocket_page')).WebSocketPage,
  ),
  page('trace', 'page.trace', 'trace', async () => (await import('../pages/trace/trace_page')).TracePage),
  page(
    'topic_metrics',
    'page.topic_metrics',
    'chart',
    async () => (await import('../pages/topic_metrics/topic_metrics_page')).TopicMetricsPage,
  ),
  page(
    'slow_subscriptions',
    'page.slow_subscriptions',
    'clock',
    async () => (await import('../pages/slow_subscriptions/slow_subscriptions_page')).SlowSubscriptionsPage,
  ),
];

const SYSTEM: readonly PageEntry[] = [
  page(
    'settings',
    'page.settings',
    'settings',
    async () => (await import('../pages/settings/settings_page')).SettingsPage,
  ),
  page('users', 'page.users', 'users', async () => (await import('../pages/users/users_page')).UsersPage),
  page('api_keys', 'page.api_keys', 'key', async () => (await import('../pages/api_keys/api_keys_page')).ApiKeysPage),
  page('audit', 'page.audit', 'archive', async () => (await import('../pages/audit/audit_page')).AuditPage),
  page('backup', 'page.backup', 'download', async () => (await import('../pages/backup/backup_page')).BackupPage),
];

export const GROUPS: readonly PageGroup[] = [
  { title: 'group.monitoring', pages: MONITORING },
  { title: 'group.access', pages: ACCESS },
  { title: 'group.management', pages: MANAGEMENT },
  { title: 'group.diagnose', pages: DIAGNOSE },
  { title: 'group.system', pages: SYSTEM },
];

export function findPage(name: string): PageEntry | undefined {
  return GROUPS.flatMap(group => group.pages).find(page => page.name === name);
}
