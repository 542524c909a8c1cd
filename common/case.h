// What marks an SQLite file as a case.
#ifndef COMMON_CASE_H
#define COMMON_CASE_H

#define CASE_APPLICATION_ID 0x70636478 // 'pcdx': PRAGMA application_id
#define CASE_VERSION 8 // PRAGMA user_version: raised when a table or column is added, moved, renamed or removed

#endif
