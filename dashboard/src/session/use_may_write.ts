// Whether whoever is logged in may change things. The node decides by itself; this only keeps buttons away that it would refuse.
import { useStore } from '../state/store';
import { sessionState } from './session';

export function useMayWrite(): boolean {
  return useStore(sessionState).session?.role === 'administrator';
}
