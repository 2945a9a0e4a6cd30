// How much memory a page may use, and how many workers fit into it.
import type { Estimate } from '../../model/contract.js';
import { formatBytes } from '../../model/format.js';

const gigabyte = 2 ** 30;
export const phoneBudget = 400e6;
/** One WebAssembly instance cannot have more. */
export const instanceLimit = 2 * gigabyte;

export interface Device {
  cores: number;
  /** navigator.deviceMemory, where the browser tells it. */
  deviceMemoryGigabytes: number | undefined;
  phone: boolean;
}

export function thisDevice(): Device {
  const hints = navigator as Navigator & { deviceMemory?: number; userAgentData?: { mobile: boolean } };
  return {
    cores: Math.max(1, navigator.hardwareConcurrency || 1),
    deviceMemoryGigabytes: hints.deviceMemory,
    phone: hints.userAgentData?.mobile ?? /Android|iPhone|Mobile/.test(navigator.userAgent),
  };
}

/** Bytes that all workers of the page may use together. */
export function pageBudget({ deviceMemoryGigabytes = 4, phone }: Device): number {
  return phone ? phoneBudget : Math.min((deviceMemoryGigabytes * gigabyte) / 4, gigabyte);
}

/** Workers for a run: min(cores, (budget − shared) / task), 0 when not even one fits. */
export function workersThatFit(estimate: Estimate, device: Device): number {
  const budget = Math.min(pageBudget(device), instanceLimit);
  let workers = device.cores;
  for (const stage of estimate.stages) {
    const task = Math.max(1, Number(stage['bytes_task'] ?? 0));
    const shared = Number(stage['bytes_shared'] ?? 0);
    workers = Math.min(workers, Math.floor((budget - shared) / task));
  }
  return Math.max(0, workers);
}

/** Bytes of a run with one worker: what must fit at the least. */
export function leastMemory(estimate: Estimate): number {
  return estimate.stages.reduce(
    (most, stage) => Math.max(most, Number(stage['bytes_task'] ?? 0) + Number(stage['bytes_shared'] ?? 0)),
    0,
  );
}

/** "needs 6 GB; this tab has 1 GB". */
export function memoryReason(estimate: Estimate, device: Device): string {
  const has = Math.min(pageBudget(device), instanceLimit);
  return `needs ${formatBytes(leastMemory(estimate))}; this tab has ${formatBytes(has)}`;
}
