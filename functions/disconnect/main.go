// Command disconnect is the Lambda function for the route $disconnect: it removes the connection and its subscriptions.
package main

import "serverlesschat/internal/app"

func main() { app.Run("disconnect", app.Disconnect) }
