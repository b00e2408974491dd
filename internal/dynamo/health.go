package dynamo

import "context"

// Ping reports whether DynamoDB answers, by reading an item that is not there.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.get(ctx, s.tables.Rooms, item{"item": text("health")})
	return err
}
