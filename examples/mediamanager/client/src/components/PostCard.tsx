import type { Post } from "@shared/schema";

export function PostCard({ post }: { post: Post }) {
  const when = post.scheduledFor ? new Date(post.scheduledFor).toLocaleString() : "not planned";
  return (
    <article>
      <h3>{post.title}</h3>
      <p>
        {post.platform}, {post.status}, {when}
      </p>
    </article>
  );
}
