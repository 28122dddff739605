// A few choices side by side, of which one is taken.
import type { Choice } from './field';

export interface ChoiceBarProps {
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly value: string;
  onChange(value: string): void;
}

export function ChoiceBar({ label, choices, value, onChange }: ChoiceBarProps) {
  return (
    <fieldset className="choice-bar">
      <legend className="hidden">{label}</legend>
      {choices.map(choice => (
        <button
          key={choice.value}
          type="button"
          aria-pressed={choice.value === value}
          onClick={() => onChange(choice.value)}
        >
          {choice.label}
        </button>
      ))}
    </fieldset>
  );
}
