import { collectNumbers } from "./numbers";
import { publishDue } from "./publishing";
import { closeCampaigns, endTrials, remindDormant } from "./upkeep";

const MINUTE = 60_000;

/** Runs the jobs as long as the process lives; one that fails is tried again at its next turn. */
export function startJobs(): void {
  every(MINUTE, publishDue);
  every(15 * MINUTE, endTrials);
  every(15 * MINUTE, closeCampaigns);
  every(60 * MINUTE, collectNumbers);
  every(24 * 60 * MINUTE, remindDormant);
}

function every(milliseconds: number, job: () => Promise<void>): void {
  setInterval(() => {
    job().catch((error) => console.error(`${job.name} has failed`, error));
  }, milliseconds);
}
