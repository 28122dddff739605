// What somebody chose about how the dashboard looks: kept in the browser, read before anything is drawn.
import { createStore } from './store';

export type Theme = 'system' | 'light' | 'dark';
export type Language = 'en' | 'zh';

export interface Preferences {
  readonly theme: Theme;
  readonly language: Language;
}

const KEY = 'dunlin.preferences';
const darkScheme = window.matchMedia('(prefers-color-scheme: dark)');

export const preferences = createStore<Preferences>(read());
// Counts the changes of colours, for whoever draws by itself.
export const colours = createStore(0);

export function prefer(change: Partial<Preferences>): void {
  const next = { ...preferences.get(), ...change };
  preferences.set(next);
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // A browser that keeps nothing asks again next time.
  }
  show(next);
}

export function showPreferences(): void {
  show(preferences.get());
  darkScheme.addEventListener('change', () => show(preferences.get()));
}

function show({ theme, language }: Preferences): void {
  const isDark = theme === 'dark' || (theme === 'system' && darkScheme.matches);
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  colours.set(colours.get() + 1);
}

function read(): Preferences {
  const language: Language = navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
  const defaults: Preferences = { theme: 'system', language };
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof kept !== 'object' || kept === null) {
      return defaults;
    }
    const { theme, language: chosen } = kept as Partial<Record<keyof Preferences, unknown>>;
    return {
      theme: theme === 'light' || theme === 'dark' ? theme : 'system',
      language: chosen === 'en' || chosen === 'zh' ? chosen : language,
    };
  } catch {
    return defaults;
  }
}
