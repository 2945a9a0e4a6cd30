// The static JSON that the site is built with.
import { siteUrl } from '../engines/site.js';
import type { LabEntry, StudyDescription } from '../model/contract.js';

async function load<T>(path: string): Promise<T> {
  const response = await fetch(siteUrl(path)).catch(() => null);
  if (!response?.ok) {
    const found = response ? `status ${response.status}` : 'no connection';
    throw new Error(`${path} could not be loaded (${found}). Reload the page to try again.`);
  }
  return (await response.json()) as T;
}

export function loadLabs(): Promise<LabEntry[]> {
  return load<LabEntry[]>('labs.json');
}

export function loadDescription(study: string): Promise<StudyDescription> {
  return load<StudyDescription>(`describe/${study}.json`);
}
