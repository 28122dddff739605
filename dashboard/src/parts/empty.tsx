// What stands where there is nothing, and what somebody could do about it.
import type { ReactNode } from 'react';
import { Icon, type IconName } from './icon';

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={icon} size={28} />
      <p className="empty-title">{title}</p>
      {children && <div className="empty-text">{children}</div>}
    </div>
  );
}
