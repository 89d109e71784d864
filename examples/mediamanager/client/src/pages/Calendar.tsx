import { useState } from "react";
import type { Post } from "@shared/schema";
import { PostCard } from "@/components/PostCard";
import { monthOf } from "@/lib/api";
import { useAnswer } from "@/lib/useAnswer";

export function Calendar() {
  const [day, setDay] = useState(() => new Date());
  const posts = useAnswer<Post[]>(`/posts/calendar?${monthOf(day)}`);
  const turn = (months: number) => setDay(new Date(day.getFullYear(), day.getMonth() + months, 1));
  return (
    <section>
      <header>
        <button onClick={() => turn(-1)}>Earlier</button>
        <h2>{day.toLocaleDateString(undefined, { month: "long", year: "numeric" })}</h2>
        <button onClick={() => turn(1)}>Later</button>
      </header>
      {posts?.map((post) => <PostCard key={post.id} post={post} />)}
    </section>
  );
}
