import { z } from "zod";
import type { BrandProfile } from "@shared/schema";

const answerSchema = z.object({
  model: z.string(),
  drafts: z.array(z.object({ title: z.string().max(200), content: z.string() })).max(10),
});

export type Suggestions = z.infer<typeof answerSchema>;

/** Lets the model write drafts for a campaign, in the voice of its brand. */
export async function suggestPosts(
  name: string,
  goal: string | null,
  brand: BrandProfile | null,
): Promise<Suggestions> {
  if (!process.env.GENERATOR_URL) {
    throw new Error("GENERATOR_URL is not set");
  }
  const answer = await fetch(process.env.GENERATOR_URL, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${process.env.GENERATOR_KEY ?? ""}` },
    body: JSON.stringify({ campaign: name, goal, voice: brand?.voice, audience: brand?.audience }),
  });
  return answerSchema.parse(await answer.json());
}
