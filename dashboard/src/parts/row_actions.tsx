// What can be done with a row of a table: changed and removed, by those who may.
import type { ReactNode } from 'react';
import { useMayWrite } from '../session/use_may_write';
import { useText } from '../text/text';
import { Button } from './button';

export interface RowActionsProps {
  readonly editLabel?: string;
  // Before them.
  readonly children?: ReactNode;
  onEdit(): void;
  onRemove(): void;
}

export function RowActions({ editLabel, children, onEdit, onRemove }: RowActionsProps) {
  const say = useText();
  if (!useMayWrite()) {
    return null;
  }
  return (
    <>
      {children}
      <Button className="button-small" onClick={onEdit}>
        {editLabel ?? say('action.edit')}
      </Button>
      <Button className="button-small" kind="danger" onClick={onRemove}>
        {say('action.remove')}
      </Button>
    </>
  );
}
