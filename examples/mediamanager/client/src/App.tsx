import { useState } from "react";
import { Calendar } from "@/pages/Calendar";
import { Campaigns } from "@/pages/Campaigns";
import { Login } from "@/pages/Login";

type Page = "campaigns" | "calendar";

export function App() {
  const [signedIn, setSignedIn] = useState(false);
  const [page, setPage] = useState<Page>("campaigns");
  if (!signedIn) {
    return <Login onSignedIn={() => setSignedIn(true)} />;
  }
  return (
    <main>
      <nav>
        <button onClick={() => setPage("campaigns")}>Campaigns</button>
        <button onClick={() => setPage("calendar")}>Calendar</button>
      </nav>
      {page === "campaigns" ? <Campaigns /> : <Calendar />}
    </main>
  );
}
