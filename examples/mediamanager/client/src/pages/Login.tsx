import { useState, type FormEvent } from "react";
import type { PublicUser } from "@shared/schema";
import { ask } from "@/lib/api";

export function Login({ onSignedIn }: { onSignedIn: (user: PublicUser) => void }) {
  const [fault, setFault] = useState<string>();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    try {
      onSignedIn(await ask<PublicUser>("/auth/login", Object.fromEntries(form)));
    } catch (error) {
      setFault(error instanceof Error ? error.message : "Something went wrong");
    }
  };
  return (
    <form onSubmit={submit}>
      <label>
        Address <input name="email" type="email" required />
      </label>
      <label>
        Password <input name="password" type="password" required />
      </label>
      {fault && <p role="alert">{fault}</p>}
      <button>Sign in</button>
    </form>
  );
}
