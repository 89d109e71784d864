/** Sends the link by which an address is confirmed. */
export async function sendVerification(address: string, token: string): Promise<void> {
  await post({ to: address, template: "verify", data: { token } });
}

/** Asks somebody who was not here for long to come back. */
export async function sendReminder(address: string): Promise<void> {
  await post({ to: address, template: "come-back", data: {} });
}

async function post(message: { to: string; template: string; data: Record<string, string> }): Promise<void> {
  if (!process.env.MAIL_URL) {
    return;
  }
  const answer = await fetch(process.env.MAIL_URL, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(message),
  });
  if (!answer.ok) {
    throw new Error(`The mail service answered with ${answer.status}`);
  }
}
