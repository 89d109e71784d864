/** Asks the server; throws its message where it refuses. */
export async function ask<Answer>(path: string, body?: unknown): Promise<Answer> {
  const answer = await fetch(`/api${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) {
    const { message } = (await answer.json()) as { message: string };
    throw new Error(message);
  }
  return (await answer.json()) as Answer;
}

/** The first and the last moment of a month, as the server wants a period. */
export function monthOf(day: Date): string {
  const from = new Date(day.getFullYear(), day.getMonth(), 1);
  const to = new Date(day.getFullYear(), day.getMonth() + 1, 1);
  return new URLSearchParams({ from: from.toISOString(), to: to.toISOString() }).toString();
}
