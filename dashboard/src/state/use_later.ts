// A value a little later than it was typed, so that not every letter is a question.
import { useEffect, useState } from 'react';

const LATER_MS = 250;

export function useLater<T>(value: T): T {
  const [later, setLater] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setLater(value), LATER_MS);
    return () => window.clearTimeout(timer);
  }, [value]);
  return later;
}
