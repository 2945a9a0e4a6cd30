// The claims of a study as rows of a table: what is claimed, what this run found, what is needed, the verdict.
import { formatNumber } from '../model/format.js';
import type {
  ClaimSpec,
  Config,
  Relation,
  Report,
  ReportClaim,
  StudyDescription,
} from '../model/contract.js';

export type Verdict = 'holds' | 'does not hold' | 'not run here';

export interface ClaimRow {
  id: string;
  statement: string;
  /** The statistic with its interval; "–" where there is none. */
  found: string;
  needed: string;
  verdict: Verdict;
  /** Why it was not judged, or failed without a number. */
  reason: string;
  why: string;
  /** Settings with which a run judges it, where this one could not; "files": only a visitor's own would do. */
  judgedWith: Config | 'files' | null;
  /** Claims that this one is made of. */
  part: boolean;
}

const relationText: Record<Relation, string> = {
  '<=': '≤',
  '>=': '≥',
  '<': '<',
  '>': '>',
  '==': '=',
  in: 'between',
};

export function neededText(relation: Relation, threshold: number | [number, number]): string {
  if (Array.isArray(threshold))
    return `between ${formatNumber(threshold[0])} and ${formatNumber(threshold[1])}`;
  return `${relationText[relation]} ${formatNumber(threshold)}`;
}

/** Every declared claim, and whatever the report adds; without a finished report none was run. */
export function claimRows(
  description: StudyDescription,
  report: Report | null,
  finished: boolean,
): ClaimRow[] {
  const judged = new Map((finished ? (report?.claims ?? []) : []).map((claim) => [claim.id, claim]));
  const rows = description.claims.flatMap((spec) => {
    const claim = judged.get(spec.id);
    judged.delete(spec.id);
    return claim ? judgedRows(claim, spec.why, false) : [openRow(spec, report, finished)];
  });
  return [...rows, ...[...judged.values()].flatMap((claim) => judgedRows(claim, '', false))];
}

function openRow(spec: ClaimSpec, report: Report | null, finished: boolean): ClaimRow {
  return {
    id: spec.id,
    statement: spec.statement,
    found: '–',
    needed: thresholdText(spec, report),
    verdict: 'not run here',
    reason: finished
      ? `not part of a run with these settings${spec.judged_when ? `; judged with ${spec.judged_when}` : ''}`
      : '',
    why: spec.why,
    judgedWith: finished && spec.judged_when ? (spec.judged_with ?? 'files') : null,
    part: false,
  };
}

function thresholdText(spec: ClaimSpec, report: Report | null): string {
  if (typeof spec.threshold === 'number' || Array.isArray(spec.threshold))
    return neededText(spec.relation, spec.threshold);
  const value = report?.config[spec.threshold.config];
  return typeof value === 'number'
    ? neededText(spec.relation, value)
    : `${relationText[spec.relation]} ${spec.threshold.config}`;
}

function judgedRows(claim: ReportClaim, why: string, part: boolean): ClaimRow[] {
  const interval = claim.uncertainty
    ? ` (${formatNumber(claim.uncertainty[0])} to ${formatNumber(claim.uncertainty[1])})`
    : '';
  const verdict =
    claim.status === 'holds' ? 'holds' : claim.status === 'fails' ? 'does not hold' : 'not run here';
  const row: ClaimRow = {
    id: claim.id,
    statement: claim.statement,
    found: claim.status === 'not_evaluated' ? '–' : formatNumber(claim.statistic) + interval,
    needed: neededText(claim.relation, claim.threshold),
    verdict,
    reason: claim.reason ?? '',
    why,
    judgedWith: null,
    part,
  };
  return [row, ...(claim.parts ?? []).flatMap((one) => judgedRows(one, '', true))];
}

/** "held with 2 of 3 seeds", from verdicts by seed; "" before a second seed was tried. */
export function seedsText(id: string, verdicts: Map<number, Map<string, ReportClaim['status']>>): string {
  const found = [...verdicts.values()].map((one) => one.get(id)).filter((status) => status !== undefined);
  const judged = found.filter((status) => status !== 'not_evaluated');
  if (judged.length < 2) return '';
  return `held with ${judged.filter((status) => status === 'holds').length} of ${judged.length} seeds`;
}

/** "5 of 6 claims hold in this run". */
export function claimSummary(rows: ClaimRow[]): string {
  const whole = rows.filter((row) => !row.part);
  const judged = whole.filter((row) => row.verdict !== 'not run here');
  if (judged.length === 0) return '';
  const holding = judged.filter((row) => row.verdict === 'holds').length;
  const rest = whole.length - judged.length;
  const others = rest > 0 ? `, ${rest} not run here` : '';
  return `${holding} of ${judged.length} ${judged.length === 1 ? 'claim holds' : 'claims hold'} in this run${others}`;
}
