// Asks before something that cannot be taken back.
import type { ReactNode } from 'react';
import { Dialog } from './dialog';
import { Form } from './form';

export interface ConfirmProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly actionLabel: string;
  // Whoever asked shows something else when it is done.
  readonly staysOpen?: boolean;
  onConfirm(): Promise<void>;
  onClose(): void;
}

export function Confirm({ title, children, actionLabel, staysOpen = false, onConfirm, onClose }: ConfirmProps) {
  const confirm = async () => {
    await onConfirm();
    if (!staysOpen) {
      onClose();
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <Form submitLabel={actionLabel} isDangerous onSubmit={confirm} onCancel={onClose}>
        <p>{children}</p>
      </Form>
    </Dialog>
  );
}
