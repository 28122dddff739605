// Light or dark, English or Chinese.
import { IconButton } from '../parts/button';
import { prefer, preferences, type Theme } from '../state/preferences';
import { useStore } from '../state/store';
import { useText } from '../text/text';

const ICONS = { system: 'contrast', light: 'sun', dark: 'moon' } as const;
const NEXT_THEME: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };

export function PreferenceSwitches() {
  const say = useText();
  const { theme, language } = useStore(preferences);
  return (
    <div className="switches">
      <IconButton
        icon={ICONS[theme]}
        label={`${say('theme.label')}: ${say(`theme.${theme}`)}`}
        onClick={() => prefer({ theme: NEXT_THEME[theme] })}
      />
      <button
        type="button"
        className="button button-quiet"
        lang={language === 'en' ? 'zh-CN' : 'en'}
        onClick={() => prefer({ language: language === 'en' ? 'zh' : 'en' })}
      >
        {language === 'en' ? '中文' : 'English'}
      </button>
    </div>
  );
}
