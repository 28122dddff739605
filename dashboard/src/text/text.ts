// The words of the dashboard in the language somebody chose.
import { useMemo } from 'react';
import { preferences } from '../state/preferences';
import { useStore } from '../state/store';
import { chinese } from './chinese';
import { english } from './english';

// Both catalogues have these keys, or TypeScript refuses.
export type TextKey = keyof typeof english;
export type Catalogue = Readonly<Record<TextKey, string>>;
export type Say = (key: TextKey, values?: Readonly<Record<string, string | number>>) => string;

const CATALOGUES: Record<'en' | 'zh', Catalogue> = { en: english, zh: chinese };

export function useText(): Say {
  const { language } = useStore(preferences);
  return useMemo(() => say(CATALOGUES[language]), [language]);
}

function say(catalogue: Catalogue): Say {
  return (key, values) => {
    const text = catalogue[key];
    return values === undefined
      ? text
      : text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  };
}
