// Command connect is the Lambda function for the route $connect: it judges the token and stores the connection.
package main

import "serverlesschat/internal/app"

func main() { app.Run("connect", app.Connect) }
