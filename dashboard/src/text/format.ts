// Numbers, sizes and times for people.
import { useMemo } from 'react';
import { preferences } from '../state/preferences';
import { useStore } from '../state/store';

export interface Format {
  // 12,345
  number(value: number): string;
  // 12.3K
  short(value: number): string;
  // 42 %
  percent(share: number): string;
  // 1.5 MB
  bytes(value: number): string;
  // 3 d 4 h
  duration(milliseconds: number): string;
  // 5 minutes ago
  ago(milliseconds: number): string;
  // 21 Nov 2026, 22:13:05
  moment(milliseconds: number): string;
  // 21 Nov, 22:13
  minute(milliseconds: number): string;
  // 22:13:05.250
  clock(milliseconds: number): string;
  // 21 November 2026
  day(milliseconds: number): string;
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

export function useFormat(): Format {
  const { language } = useStore(preferences);
  return useMemo(() => formatOf(language === 'zh' ? 'zh-CN' : 'en-GB'), [language]);
}

export function formatOf(locale: string): Format {
  const numbers = new Intl.NumberFormat(locale);
  const short = new Intl.NumberFormat(locale === 'zh-CN' ? 'zh-CN' : 'en', {
    notation: 'compact',
    maximumFractionDigits: 1,
  });
  const percents = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const moments = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
  const minutes = new Intl.DateTimeFormat(locale, {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const clocks = new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
  });
  const days = new Intl.DateTimeFormat(locale, { dateStyle: 'long' });
  const units =
    locale === 'zh-CN'
      ? { day: ' 天', hour: ' 小时', minute: ' 分', second: ' 秒' }
      : { day: ' d', hour: ' h', minute: ' min', second: ' s' };
  return {
    number: value => numbers.format(value),
    short: value => (Math.abs(value) < 10_000 ? numbers.format(Math.round(value * 10) / 10) : short.format(value)),
    percent: share => percents.format(share),
    bytes: value => bytes(value),
    duration: milliseconds => duration(milliseconds, units),
    ago: milliseconds => {
      const seconds = Math.round((milliseconds - Date.now()) / 1000);
      const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
      return relative.format(Math.trunc(seconds / size), unit);
    },
    moment: milliseconds => moments.format(milliseconds),
    minute: milliseconds => minutes.format(milliseconds),
    clock: milliseconds => clocks.format(milliseconds),
    day: milliseconds => days.format(milliseconds),
  };
}

function bytes(value: number): string {
  let rest = value;
  let unit = 0;
  while (rest >= 1024 && unit < UNITS.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${rest >= 100 || unit === 0 ? Math.round(rest) : Number(rest.toFixed(1))} ${UNITS[unit]}`;
}

function duration(milliseconds: number, units: Record<'day' | 'hour' | 'minute' | 'second', string>): string {
  const seconds = Math.floor(milliseconds / 1000);
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  const parts = [
    days > 0 && `${days}${units.day}`,
    hours > 0 && `${hours}${units.hour}`,
    minutes > 0 && `${minutes}${units.minute}`,
    `${seconds % 60}${units.second}`,
  ];
  // The two largest, and no zero behind.
  const first = parts.findIndex(part => part !== false);
  const isZeroBehind = parts[first + 1] === `0${units.second}`;
  return parts
    .slice(first, first + (isZeroBehind ? 1 : 2))
    .filter(part => part !== false)
    .join(' ');
}
