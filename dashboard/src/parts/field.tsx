// A labelled control of a form.
import { type ComponentProps, type ReactNode, useId } from 'react';

interface Labelled {
  readonly label: string;
  readonly hint?: ReactNode;
  // Why what stands in it was refused.
  readonly error?: string;
}

export function TextField({ label, hint, error, ...rest }: Labelled & ComponentProps<'input'>) {
  const id = useId();
  return (
    <Field id={id} label={label} hint={hint} error={error}>
      <input id={id} className="control" {...described(id, hint, error)} {...rest} />
    </Field>
  );
}

export function TextArea({ label, hint, error, ...rest }: Labelled & ComponentProps<'textarea'>) {
  const id = useId();
  return (
    <Field id={id} label={label} hint={hint} error={error}>
      <textarea id={id} className="control" {...described(id, hint, error)} {...rest} />
    </Field>
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export function SelectField({
  label,
  hint,
  error,
  choices,
  ...rest
}: Labelled & ComponentProps<'select'> & { choices: readonly Choice[] }) {
  const id = useId();
  return (
    <Field id={id} label={label} hint={hint} error={error}>
      <select id={id} className="control" {...described(id, hint, error)} {...rest}>
        {choices.map(choice => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </Field>
  );
}

export function CheckField({ label, hint, error, ...rest }: Labelled & ComponentProps<'input'>) {
  const id = useId();
  return (
    <div className="field field-check">
      <input id={id} type="checkbox" {...described(id, hint, error)} {...rest} />
      <label htmlFor={id}>{label}</label>
      <Notes id={id} hint={hint} error={error} />
    </div>
  );
}

export interface FieldProps {
  // Of the control.
  readonly id: string;
  readonly label: string;
  readonly hint: ReactNode;
  readonly error: string | undefined;
  // Beside the label.
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

// What is around a control.
export function Field({ id, label, hint, error, actions, children }: FieldProps) {
  return (
    <div className="field">
      {actions === undefined ? (
        <label htmlFor={id}>{label}</label>
      ) : (
        <div className="field-head">
          <label htmlFor={id}>{label}</label>
          {actions}
        </div>
      )}
      {children}
      <Notes id={id} hint={hint} error={error} />
    </div>
  );
}

// Says a control where its notes are.
export function described(id: string, hint: ReactNode, error: string | undefined) {
  const notes = [error !== undefined && `${id}-error`, Boolean(hint) && `${id}-hint`].filter(Boolean).join(' ');
  return { 'aria-describedby': notes === '' ? undefined : notes, 'aria-invalid': error !== undefined || undefined };
}

export function Notes({ id, hint, error }: Pick<FieldProps, 'id' | 'hint' | 'error'>) {
  return (
    <>
      {error !== undefined && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </>
  );
}
