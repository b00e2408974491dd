// Package dynamo keeps the chat in DynamoDB. It implements what the packages of the chat ask of their stores.
//
// # Tables and keys
//
// Every kind of item, with an example of its key and what it holds:
//
//	Entries        room_id=general  id=42                        the entry: kind user_id content target_id reaction remove created_at
//	                                                             client_message_id; of a message also what changed it: updated_id
//	                                                             edited_at edits deleted reactions (a set of users by name);
//	                                                             erasures: how often reactions of erased users were taken out;
//	                                                             of a member entry: subject change role;
//	                                                             where the room does not keep it for ever: expires_at remove_at
//	Rooms          item=room#general                             kind name created_at owners slow_mode_s retention_days size deleted_at
//	                                                             blocked: who blocks, in a direct room; listed, in a public one
//	                                                             shards: how many shards the subscriptions have
//	               item=counter#general                          the head: seq, pushed_id, settled_id, first_id, lease, job_until
//	               item=health                                   checked_at: when GET /health has last written
//	Members        user_id=alice  room_id=general                state role v joined_at muted_until slow_at; pend: a change that is
//	                                                             not finished; read_id delivered_id: how far the member is;
//	                                                             marked: the last write has moved one of the two
//	Accounts       item=account#alice                            hash: of the password, a PHC string; v: counts the passwords
//	                                                             created_at; families: of refresh tokens, each with when it
//	                                                             ends; networks: where alice has signed in from, each with until
//	                                                             when that is remembered; there is no hash when alice is erased
//	               item=family#kJ3v…                             user_id gen rotated_at attempt ends_at ended_at expires_at
//	               item=invite#q0Xe…                             under the hash of its code: used_by expires_at
//	               item=limit#Zk3q…                              under a hash: rest_at: when the key is at rest again; expires_at
//	Keys           item=access-tokens                            v: counts the changes; keys: the public keys, each with
//	                                                             number point sign_from keep_until
//	Sessions       user_id=alice                                 c: the connections, each with the end of its token, its own, and
//	                                                             its session; r: sessions that were ended, until when; w0 … w63
//	                                                             w_at: the windows of its rate; gone: when the user asked to be
//	                                                             erased
//	               user_id=ticket#q0Xe…                          of session origin token_expires_at ends_at used_by expires_at
//	Erasures       user_id=alice                                 pseudonym asked_at part after not_before saved_at done_at;
//	                                                             holder held_until: who erases now
//	Audit          room_id=general  deed=1795434000123#!bob.2    at by action subject target_id
//	Users          user_id=alice  item=profile                   display_name
//	               user_id=alice  item=block#bob                 alice blocks bob
//	               user_id=bob  item=blocked#alice               so that whoever erases bob finds it
//	               user_id=alice  item=claim#general#6f1c        n: the id it stands for, h: fingerprint of kind, content and target
//	                                                             of a member entry: under its subject, by whomever it was written;
//	                                                             expires_at remove_at: an hour after those of its entry
//	Connections    connection_id=L0SM9…=  item=connection        user_id connected_at token_expires_at expires_at
//	               connection_id=L0SM9…=  item=room#general      shard expires_at
//	               connection_id=poll#alice  item=poll#tab       token: of the newest poll of this user's tab; expires_at
//	               connection_id=polls#29907341  item=polls      n: how many run of those that began in this minute; expires_at
//	Presence       user_id=alice                                 status v; gone: connections that have ended; told told_v told_at:
//	                                                             what peers were told last, of which version, and when
//	Subscriptions  room_shard=general#0  connection_id=L0SM9…=   user_id expires_at closing
//
// A room_id holds no '#', so keys made of one are unambiguous. Times that order or expire things are numbers:
// created_at and connected_at in milliseconds since 1970, expires_at in seconds, as DynamoDB's TTL wants it. Rows past
// expires_at count as gone, though DynamoDB may take days to remove them. Entries and claims have expires_at in
// milliseconds, and remove_at in seconds, two days later, which TTL goes by: it never decides what is seen.
//
// Entries and Members have a stream. A room's log is one partition key, and shares it with nothing: DynamoDB takes 1,000 write
// units a second per partition. For the same reason the head and the settings of a room are keys of their own.
//
// # Consistency
//
// All reads that a promise rests on are consistent reads. Each write touches one item, with a condition where two
// writes may race. A condition that fails returns the item that is there (ReturnValuesOnConditionCheckFailure). In one
// transaction are written: a subscription, with what finds it from its connection; a room, with its first members; and a
// member, with how many owners its room has; an account, with its profile and the invite that it took; and a family, with
// its name in the account.
package dynamo
