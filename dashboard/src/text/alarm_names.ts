// What the names of alarms mean. The node says the rest in English.
import { useMemo } from 'react';
import { type Language, preferences } from '../state/preferences';
import { useStore } from '../state/store';

const english = {
  authentication: 'A back end of authentication does not answer',
  authorization: 'A back end of authorization does not answer',
  certificate_reload_failed: 'New certificates cannot be used',
  conn_congestion: 'A client reads too slowly',
  crl_fetch_failed: 'Revocation lists cannot be fetched',
  durable_log_damaged: 'The log on disk is damaged',
  durable_store_failed: 'The disk does not take what is written',
  durable_store_full: 'The disk is full',
  high_cpu_usage: 'The processors are busy',
  high_system_memory_usage: 'Memory is running out',
  metadata_damaged: 'The store of users and rules is damaged',
  psk_reload_failed: 'New pre-shared keys cannot be used',
  too_many_open_files: 'Connections have nearly all file descriptors',
} as const;

type Name = keyof typeof english;

const chinese: Readonly<Record<Name, string>> = {
  authentication: '认证后端无应答',
  authorization: '授权后端无应答',
  certificate_reload_failed: '新证书无法使用',
  conn_congestion: '客户端读取过慢',
  crl_fetch_failed: '无法获取证书吊销列表',
  durable_log_damaged: '磁盘上的日志已损坏',
  durable_store_failed: '磁盘写入失败',
  durable_store_full: '磁盘已满',
  high_cpu_usage: 'CPU 使用率过高',
  high_system_memory_usage: '系统内存使用率过高',
  metadata_damaged: '用户和规则的存储已损坏',
  psk_reload_failed: '新的预共享密钥无法使用',
  too_many_open_files: '连接占用的文件描述符接近上限',
};

const NAMES: Readonly<Record<Language, Readonly<Record<string, string>>>> = { en: english, zh: chinese };

// Of `conn_congestion/meter-7/plant` what stands before the first mark. Undefined for one that is not known here.
export function useAlarmName(): (name: string) => string | undefined {
  const { language } = useStore(preferences);
  return useMemo(() => name => NAMES[language][/^\w+/.exec(name)?.[0] ?? ''], [language]);
}
