// The menu of all pages.
import { useEffect, useRef } from 'react';
import { Icon } from '../parts/icon';
import { linkTo } from '../state/route';
import { useText } from '../text/text';
import { GROUPS } from './pages';

export function Menu({ current }: { current: string }) {
  const say = useText();
  const nav = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is what this is about
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [current]);
  return (
    <nav ref={nav} className="menu" aria-label={say('shell.menu')}>
      {GROUPS.map(group => (
        <div key={group.title} className="menu-group">
          <p className="menu-title" id={`menu-${group.title}`}>
            {say(group.title)}
          </p>
          <ul aria-labelledby={`menu-${group.title}`}>
            {group.pages.map(page => (
              <li key={page.name}>
                <a href={linkTo(page.name)} aria-current={page.name === current ? 'page' : undefined}>
                  <Icon name={page.icon} />
                  {say(page.title)}
                </a>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}
