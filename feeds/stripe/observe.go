package stripe

import (
	"fmt"

	"tieout/feeds"
)

// Observations makes of a page of a list that is at hand already what a fetch would hand to its sink.
func (c *Client) Observations(kind string, body []byte) ([]feeds.Observation, error) {
	var got page
	if err := got.read(body); err != nil {
		return nil, fmt.Errorf("read a page of %ss: %w", kind, err)
	}
	objects := c.show(kind, got.data)
	observations := make([]feeds.Observation, len(objects))
	for i, object := range objects {
		observations[i] = object.Observation
	}
	return observations, nil
}
