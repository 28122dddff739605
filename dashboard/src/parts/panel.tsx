// A part of a page with a frame, and the head of a page.
import { type ReactNode, useEffect, useId } from 'react';

export function Panel({
  title,
  actions,
  children,
  isFlush = false,
}: {
  title?: string;
  actions?: ReactNode;
  children: ReactNode;
  isFlush?: boolean;
}) {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={title ? id : undefined}>
      {(title || actions) && (
        <header className="panel-head">
          {title && <h2 id={id}>{title}</h2>}
          {actions && <div className="actions">{actions}</div>}
        </header>
      )}
      <div className={isFlush ? 'panel-flush' : 'panel-body'}>{children}</div>
    </section>
  );
}

export function PageHead({
  title,
  text,
  actions,
  back,
}: {
  title: string;
  text?: ReactNode;
  actions?: ReactNode;
  back?: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Dunlin`;
  }, [title]);
  return (
    <header className="page-head">
      <div>
        {back}
        <h1>{title}</h1>
        {text && <p className="page-text">{text}</p>}
      </div>
      {actions && <div className="actions">{actions}</div>}
    </header>
  );
}
