package stripe

import (
	"fmt"

	"tieout/feeds"
)

// Observations makes of a page of a list that is at hand already what a fetch would hand to its sink.
func (c *Client) Observations(kind string, body []byte) ([]feeds.Observation, error) {
	var got page
	if err := got.UnmarshalJSON(body); err != nil {
		return nil, fmt.Errorf("read a page of %ss: %w", kind, err)
	}
	observations := make([]feeds.Observation, len(got.data))
	for i, raw := range got.data {
		observations[i] = c.observation(kind, slimOf(raw).ID, raw)
	}
	return observations, nil
}
