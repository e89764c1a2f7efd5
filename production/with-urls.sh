#!/bin/sh
# Runs a command of the application: with-urls.sh celery … The application reads the files CELERY_BROKER_URL_FILE and
# CELERY_RESULT_BACKEND_FILE. One that knows the variables alone gets them with HUB_EXPORT_URLS=1: in its own
# environment, which `docker inspect` does not show, and which whoever may look into the container does see.
if [ "${HUB_EXPORT_URLS:-0}" = 1 ]; then
  CELERY_BROKER_URL=$(cat "$CELERY_BROKER_URL_FILE")
  CELERY_RESULT_BACKEND=$(cat "$CELERY_RESULT_BACKEND_FILE")
  export CELERY_BROKER_URL CELERY_RESULT_BACKEND
fi
exec "$@"
