package reports

import (
	"io"
	"strings"
)

// checkpointFile holds the day's checkpoint of the settlement history, for whoever verifies a pack against it later.
const checkpointFile = "checkpoint.txt"

// checkpointNote is the line of the summary that carries the checkpoint out of the house.
func checkpointNote(day Day) string {
	text, _, _ := strings.Cut(day.Checkpoint, "\n\n")
	return "Checkpoint of the settlement history: " + strings.Join(strings.Fields(text), " ") + ". Keep this report: with it, tieout verify can tell later whether anything before was changed."
}

func writeCheckpoint(stage *stage, day Day) error {
	if day.Checkpoint == "" {
		return nil
	}
	return stage.write(checkpointFile, func(to io.Writer) (int64, error) {
		_, err := io.WriteString(to, day.Checkpoint)
		return 1, err
	})
}
