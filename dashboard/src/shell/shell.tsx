// The frame around every page: menu, who is logged in, and the page itself.
import { Suspense, useEffect, useRef, useState } from 'react';
import { IconButton } from '../parts/button';
import { Mark } from '../parts/mark';
import type { Session } from '../session/session';
import { useRoute } from '../state/route';
import { useText } from '../text/text';
import { AccountMenu } from './account_menu';
import { Menu } from './menu';
import { PageBoundary } from './page_boundary';
import { findPage } from './pages';

export function Shell({ session }: { session: Session }) {
  const say = useText();
  const { page, rest } = useRoute();
  const [isMenuOpen, setMenuOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const place = [page, ...rest].join('/');
  const isFirst = useRef(true);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new place is what this is about
  useEffect(() => {
    setMenuOpen(false);
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    // Whoever does not see the page is told by the focus that it is another one.
    main.current?.focus();
    window.scrollTo(0, 0);
  }, [place]);

  const entry = findPage(page);
  return (
    <div className={isMenuOpen ? 'shell menu-open' : 'shell'}>
      <button type="button" className="skip-link" onClick={() => main.current?.focus()}>
        {say('shell.skip')}
      </button>
      <header className="bar">
        <IconButton
          icon="menu"
          label={say('shell.menu')}
          aria-expanded={isMenuOpen}
          onClick={() => setMenuOpen(open => !open)}
        />
        <Mark size={24} />
        <span className="bar-name">Dunlin</span>
      </header>
      <aside className="side">
        <a className="brand" href="#/overview">
          <Mark />
          <span>Dunlin</span>
        </a>
        <Menu current={page} />
        <AccountMenu session={session} />
      </aside>
      {isMenuOpen && (
        <button type="button" className="veil" aria-label={say('action.close')} onClick={() => setMenuOpen(false)} />
      )}
      <main className="main" id="main" ref={main} tabIndex={-1}>
        <PageBoundary key={page}>
          <Suspense fallback={<div className="page-waiting" aria-busy="true" />}>
            {entry ? <entry.Page /> : <p className="page-text">{say('shell.no_page')}</p>}
          </Suspense>
        </PageBoundary>
      </main>
    </div>
  );
}
