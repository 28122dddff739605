// A form that does one thing at the API: it waits for the answer, and shows a refusal where it was asked.
import { type FormEvent, type ReactNode, useState } from 'react';
import { useText } from '../text/text';
import { Button } from './button';
import { ErrorNote } from './error_note';

export interface FormProps {
  readonly children: ReactNode;
  readonly submitLabel: string;
  readonly isDangerous?: boolean;
  readonly isDisabled?: boolean;
  onSubmit(): Promise<void>;
  onCancel?(): void;
}

export function Form({
  children,
  submitLabel,
  isDangerous = false,
  isDisabled = false,
  onSubmit,
  onCancel,
}: FormProps) {
  const say = useText();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await onSubmit();
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="form" onSubmit={submit}>
      {children}
      {error !== undefined && <ErrorNote error={error} />}
      <div className="form-actions">
        {onCancel && <Button onClick={onCancel}>{say('action.cancel')}</Button>}
        <Button type="submit" kind={isDangerous ? 'danger' : 'primary'} disabled={isBusy || isDisabled}>
          {submitLabel}
        </Button>
      </div>
    </form>
  );
}
