import { useEffect, useState } from "react";
import { ask } from "@/lib/api";

/** What the server answers, undefined until it has. */
export function useAnswer<Answer>(path: string): Answer | undefined {
  const [answer, setAnswer] = useState<Answer>();
  useEffect(() => {
    let current = true;
    ask<Answer>(path).then((value) => current && setAnswer(value), console.error);
    return () => {
      current = false;
    };
  }, [path]);
  return answer;
}
