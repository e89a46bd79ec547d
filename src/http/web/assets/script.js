// The pages work without this file. With it, times are in the reader's zone.
"use strict";

for (const element of document.querySelectorAll("time[datetime]")) {
  const instant = new Date(element.dateTime);
  if (element.dateTime.includes("T") && !Number.isNaN(instant.getTime())) {
    element.textContent = instant.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  }
}
