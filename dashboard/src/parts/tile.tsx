// A number that matters.
import type { ReactNode } from 'react';

export interface TileProps {
  readonly title: string;
  // Absent while nobody knows it yet.
  readonly value: string | undefined;
  readonly unit?: string;
  readonly href?: string;
  readonly children?: ReactNode;
}

export function Tile({ title, value, unit, href, children }: TileProps) {
  const content = (
    <>
      <span className="tile-title">{title}</span>
      <span className="tile-value">
        {value ?? <span className="waiting" />}
        {value !== undefined && unit && <small>{unit}</small>}
      </span>
      <span className="tile-text">{children ?? '\u00a0'}</span>
    </>
  );
  return href ? (
    <a className="tile" href={href}>
      {content}
    </a>
  ) : (
    <div className="tile">{content}</div>
  );
}
