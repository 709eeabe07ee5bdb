// What the landing page needs only after its first paint: one lazy chunk.
import DockOf from './DockOf.svelte';
import KeysSheet from '../parts/KeysSheet.svelte';
import OptionsAfter from './OptionsAfter.svelte';
import OptionsSheet from './OptionsSheet.svelte';
import ParcelView from './ParcelView.svelte';
import Returned from './Returned.svelte';
import Sheet from '../parts/Sheet.svelte';

export const screens = { DockOf, KeysSheet, OptionsAfter, OptionsSheet, ParcelView, Returned, Sheet };
export type Screens = typeof screens;
